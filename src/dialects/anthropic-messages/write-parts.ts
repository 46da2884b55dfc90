import type { JsonObject } from '../../model/json.ts'
import { objectIn } from '../../model/json.ts'
import type { MediaPart, Part } from '../../model/part.ts'
import type { Sealed } from '../../model/sealed.ts'
import { argumentsIn } from '../arguments.ts'
import { toDataUrl } from '../data-url.ts'
import { replyId } from './call-ids.ts'
import { writeCitation } from './citations.ts'
import { dialectId } from './id.ts'
import { nobodys, redactedData, stow, stowBlock, stowForPrevious } from './seals.ts'

/** What a model said, as the content blocks of a reply. `making` is the request's id. */
export const writeReply = (parts: readonly Part[], making: string): readonly JsonObject[] =>
  parts.flatMap((part, place) => writePart(part, making, place))

function writePart(part: Part, making: string, place: number): readonly JsonObject[] {
  switch (part.type) {
    case 'text':
      return [
        { type: 'text', text: part.text, citations: part.citations?.map(writeCitation) ?? null },
        ...writeBeside(part.seal),
      ]
    case 'refusal':
      return [{ type: 'text', text: part.text, citations: null }]
    case 'reasoning':
      return part.text === '' ? writeSealed(part.seal) : [writeThinking(part.text, part.seal)]
    case 'media':
      return [{ type: 'text', text: mediaWords(part), citations: null }, ...writeBeside(part.seal)]
    case 'tool-call':
      return [
        {
          ...writeCall(replyId(part.id, making, place), part.name, callerIn(part.seal)),
          input: part.custom ? { input: part.input } : writeInput(part.input),
        },
        ...writeBeside(part.seal),
      ]
    case 'opaque':
      return [writeOpaque(part.label, part.seal)]
    case 'tool-result':
      // A model does not answer tools; a reply has none.
      return []
    default:
      return part satisfies never
  }
}

const writeThinking = (thinking: string, seal: Sealed | undefined): JsonObject => ({
  type: 'thinking',
  thinking,
  signature: seal ? signatureOf(seal) : nobodys,
})

const isOwn = (seal: Sealed): boolean => seal.dialect === dialectId

/** Its own signature as it came; another's, sealed. */
export const signatureOf = (seal: Sealed): string => (isOwn(seal) ? seal.value : stow(seal))

/** A thought without words. */
export function writeSealed(seal: Sealed | undefined): readonly JsonObject[] {
  if (!seal) return []
  if (!isOwn(seal)) return [{ type: 'redacted_thinking', data: stow(seal) }]
  const data = redactedData(seal.value)
  if (data !== undefined) return [{ type: 'redacted_thinking', data }]
  return [{ type: 'thinking', thinking: '', signature: seal.value }]
}

/** What another dialect sealed to a text or a call, which have no place for it here: it follows as a thought of its own. */
export const writeBeside = (seal: Sealed | undefined): readonly JsonObject[] =>
  seal && !isOwn(seal) ? [{ type: 'redacted_thinking', data: stowForPrevious(seal) }] : []

export const writeOpaque = (label: string, seal: Sealed): JsonObject =>
  (isOwn(seal) ? objectIn(seal.value) : undefined) ?? { type: 'redacted_thinking', data: stowBlock(label, seal) }

export const writeCall = (id: string, name: string, caller: JsonObject): JsonObject => ({
  type: 'tool_use',
  id,
  name,
  input: {},
  caller,
})

/** Who made a call: the model, if nothing else is known. */
export function callerIn(seal: Sealed | undefined): JsonObject {
  const sealed = seal && isOwn(seal) ? objectIn(seal.value) : undefined
  return (sealed?.caller as JsonObject | undefined) ?? { type: 'direct' }
}

/** The input has to be an object here; a model may have written something else. */
const writeInput = (input: string): JsonObject => argumentsIn(input) ?? { invalid_json: input }

/** A reply has no blocks of media here: its words, or Markdown that shows it. */
export function mediaWords({
  kind,
  source,
  transcript,
  title,
}: Pick<MediaPart, 'kind' | 'source' | 'transcript' | 'title'>): string {
  if (transcript) return transcript
  const name = title ?? kind
  const mark = kind === 'image' ? '!' : ''
  switch (source.from) {
    case 'text':
      return source.text
    case 'url':
      return `${mark}[${name}](${source.url})`
    case 'file':
      return `${mark}[${name}](${source.id})`
    case 'data':
      return `${mark}[${name}](${toDataUrl(source.mediaType, source.data)})`
    default:
      return source satisfies never
  }
}
