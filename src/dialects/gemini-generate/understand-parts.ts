import { isObject, type Json } from '../../model/json.ts'
import { jsonOf } from '../../model/numbers.ts'
import type { MediaPart, Part, ToolResultPart } from '../../model/part.ts'
import type { Sealed } from '../../model/sealed.ts'
import { invalid, isBase64 } from '../check.ts'
import type { Calls } from './calls.ts'
import { Fields, type Leftovers } from './fields.ts'
import { dialectId } from './id.ts'
import { base64, kindOf, sourceAt } from './media.ts'
import { blockIn, sealedIn, textSealIn } from './seals.ts'

/** What the parts of one content are understood with. */
export type Understanding = {
  readonly calls: Calls
  readonly left: Leftovers
  /** Those that were marked as thoughts. */
  readonly thoughts: Set<Part>
}

type Reader = (part: Fields, of: Understanding) => Part | undefined

/** What a part holds is told by the field that it has; the first that is there counts. */
const readers: Readonly<Record<string, Reader>> = {
  functionCall: readCall,
  functionResponse: readResponse,
  inlineData: (part, { left }) => readMedia(part, inlineSource(part, left)),
  fileData: (part, { left }) => readMedia(part, fileSource(part, left)),
  executableCode: readOpaque('executableCode'),
  codeExecutionResult: readOpaque('codeExecutionResult'),
  toolCall: readOpaque('toolCall'),
  toolResponse: readOpaque('toolResponse'),
}

/** One part of a content; undefined if it says nothing at all. What has no noun is left over. */
export function understandPart(value: Json, at: string, of: Understanding): Part | undefined {
  const fields = new Fields(value, at)
  const held = Object.keys(readers).find(name => fields.has(name))
  const part = (held === undefined ? readText : readers[held])?.(fields, of)
  if (part?.type !== 'opaque') fields.leave(of.left)
  if (part && fields.peek('thought') === true) of.thoughts.add(part)
  return part
}

const sealIn = (part: Fields): { readonly seal?: Sealed } => {
  const signature = part.text('thoughtSignature')
  return signature === undefined || signature === '' ? {} : { seal: sealedIn(signature) }
}

/** A text, a thought, or a signature that stands alone: those are kept as thoughts without words. */
function readText(part: Fields): Part | undefined {
  const { at } = part
  const text = part.text('text')
  const thought = part.flag('thought') === true
  const sealed = sealIn(part)
  const carried = sealed.seal && blockIn(sealed.seal)
  if (carried) return { type: 'opaque', ...carried, at }
  const ofText = sealed.seal && textSealIn(sealed.seal)
  if (ofText) return { type: 'text', text: text ?? '', seal: ofText, at }
  if (text === undefined && sealed.seal === undefined) return undefined
  if (thought || (sealed.seal && (text ?? '') === '')) return { type: 'reasoning', text: text ?? '', ...sealed, at }
  return { type: 'text', text: text ?? '', ...sealed, at }
}

function readCall(part: Fields, { calls, left }: Understanding): Part {
  const call = part.fields('functionCall') ?? part
  const name = call.text('name')
  if (name === undefined || name === '') throw invalid(call.path('name'), 'must name a function', name)
  const args = call.object('args')
  const id = calls.made(call.text('id'), name)
  plain(part)
  call.leave(left)
  return { type: 'tool-call', id, name, input: jsonOf(args ?? {}), ...sealIn(part), at: part.at }
}

function readResponse(part: Fields, of: Understanding): Part {
  const { calls, left } = of
  const response = part.fields('functionResponse') ?? part
  const name = response.text('name')
  const call = calls.answered(response.text('id'), name)
  if (!call) throw invalid(response.at, 'must answer a functionCall that stands before it', { name: name ?? null })
  const said = response.object('response') ?? {}
  const media = response.each('parts').flatMap(each => {
    const read = understandPart(each.raw, each.at, of)
    return read ? [read] : []
  })
  plain(part)
  response.leave(left)
  return { type: 'tool-result', call: call.id, name: call.name, ...outcome(said, media, part.at), at: part.at }
}

/** What a function gave back. `output` and `error` are Google's names for it; else the whole object is the output. */
function outcome(
  said: Readonly<Record<string, Json | undefined>>,
  media: readonly Part[],
  at: string,
): Pick<ToolResultPart, 'parts' | 'failed'> {
  const names = Object.keys(said)
  const only = names.length === 1 ? names[0] : undefined
  const text = (value: Json | undefined): readonly Part[] => [
    { type: 'text', text: typeof value === 'string' ? value : JSON.stringify(value ?? null), at },
  ]
  if (only === 'error') return { parts: [...text(said.error), ...media], failed: true }
  if (only === 'output' && typeof said.output === 'string') return { parts: [...text(said.output), ...media] }
  return { parts: names.length === 0 ? media : [...text(said), ...media] }
}

/** SDKs write `thought: false`, which says nothing. */
function plain(part: Fields): void {
  if (part.peek('thought') === false) part.json('thought')
}

const levels: ReadonlyMap<Json | undefined, string> = new Map([
  ['MEDIA_RESOLUTION_LOW', 'low'],
  ['MEDIA_RESOLUTION_HIGH', 'high'],
])

function readMedia(part: Fields, source: MediaPart['source']): MediaPart {
  const url = source.from === 'url' ? source.url : ''
  plain(part)
  return {
    type: 'media',
    kind: kindOf('mediaType' in source ? source.mediaType : undefined, url),
    source,
    ...detailOf(part),
    ...sealIn(part),
    at: part.at,
  }
}

/** OpenAI has two of Gemini's resolutions; the others are left over. */
function detailOf(part: Fields): { readonly detail?: string } {
  const wire = part.has('mediaResolution') ? part.peek('mediaResolution') : undefined
  const detail = isObject(wire) ? levels.get(wire.level) : undefined
  if (detail === undefined) return {}
  part.json('mediaResolution')
  return { detail }
}

function inlineSource(part: Fields, left: Leftovers): MediaPart['source'] {
  const blob = part.fields('inlineData') ?? part
  const mediaType = blob.text('mimeType')
  const data = blob.text('data')
  if (mediaType === undefined) throw invalid(blob.path('mimeType'), 'must name a media type', undefined)
  if (data === undefined || !isBase64(data)) throw invalid(blob.path('data'), 'must be bytes in base64', data)
  blob.leave(left)
  return { from: 'data', mediaType, data: base64(data) }
}

function fileSource(part: Fields, left: Leftovers): MediaPart['source'] {
  const file = part.fields('fileData') ?? part
  const uri = file.text('fileUri')
  if (uri === undefined || uri === '') throw invalid(file.path('fileUri'), 'must name a file', uri)
  const mediaType = file.text('mimeType')
  file.leave(left)
  return sourceAt(uri, mediaType)
}

/** A block of Google's own tools: kept whole, with its signature. */
function readOpaque(label: string): Reader {
  return part => ({
    type: 'opaque',
    label,
    seal: { dialect: dialectId, value: JSON.stringify(part.raw) },
    at: part.at,
  })
}
