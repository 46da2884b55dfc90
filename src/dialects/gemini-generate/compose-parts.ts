import { Fault } from '../../model/fault.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import type { MediaPart, Part, ReasoningPart, ToolCallPart, ToolResultPart } from '../../model/part.ts'
import { opened, type Sealed } from '../../model/sealed.ts'
import { quoted, say } from '../../model/sentence.ts'
import type { Aim } from '../dialect.ts'
import type { Draft, Extras } from './extras.ts'
import { generation } from './generation.ts'
import { dialectId } from './id.ts'
import { wireMedia } from './media.ts'
import { argsIn } from './write-parts.ts'

/** Tells parts for one model; notes what it could not tell. */
export type Composing = {
  readonly aim: Aim
  readonly extras: Extras
  readonly lost: string[]
  /** The names of the calls that stand before. */
  readonly names: Map<string, string>
}

/** The wire's parts for a part: mostly one, none where it cannot be carried. */
export function composePart(part: Part, of: Composing): readonly Draft[] {
  if (part.cache) lose(of, part, 'cache_control')
  return partsFor(part, of).map((draft, i) => (i === 0 ? of.extras.restore(draft, part.at) : draft))
}

function partsFor(part: Part, of: Composing): readonly Draft[] {
  switch (part.type) {
    case 'text':
      if (part.citations && part.citations.length > 0) lose(of, part, 'citations')
      return [{ text: part.text, ...signed(part, of) }]
    case 'refusal':
      return [{ text: part.text }]
    case 'reasoning':
      return thought(part, of)
    case 'media':
      return [{ ...media(part, of), ...signed(part, of) }]
    case 'tool-call':
      return [call(part, of)]
    case 'tool-result':
      return result(part, of)
    case 'opaque':
      return block(part, of)
    default:
      return part satisfies never
  }
}

/** What is lost of a part that is carried otherwise, or a part that is not. */
function lose({ lost }: Composing, { at }: { readonly at?: string | undefined }, what?: string): void {
  if (at !== undefined) lost.push(what === undefined ? at : `${at}.${what}`)
}

const maker = ({ aim }: Composing): string => `${aim.provider}/${aim.model}`

type Signed = { readonly seal?: Sealed | undefined; readonly at?: string | undefined }

/** The part's signature, if this model made it. What another dialect has sealed to a part is more than a signature. */
function signed(part: Signed, of: Composing): { readonly thoughtSignature?: string } {
  if (!part.seal) return {}
  const thoughtSignature = opened(part.seal, dialectId, maker(of))
  if (thoughtSignature !== undefined) return { thoughtSignature }
  lose(of, part, part.seal.dialect === dialectId ? 'signature' : undefined)
  return {}
}

/** Thoughts that somebody else signed are of no use to this model. A signature alone stands in an empty text, as it came. */
function thought(part: ReasoningPart, of: Composing): readonly Draft[] {
  const thoughtSignature = part.seal && opened(part.seal, dialectId, maker(of))
  if (part.seal && thoughtSignature === undefined) {
    lose(of, part)
    return []
  }
  const sealed = thoughtSignature === undefined ? {} : { thoughtSignature }
  if (part.text === '') return thoughtSignature === undefined ? [] : [{ text: '', ...sealed }]
  return [{ text: part.text, thought: true, ...sealed }]
}

const levels: Readonly<Record<string, string>> = { low: 'MEDIA_RESOLUTION_LOW', high: 'MEDIA_RESOLUTION_HIGH' }

/** What a reader would see beside a document has no place. */
function media(part: MediaPart, of: Composing): JsonObject {
  for (const name of ['title', 'context'] as const) if (part[name] !== undefined) lose(of, part, name)
  if (part.cite) lose(of, part, 'citations')
  return { ...wireMedia(part), ...resolution(part, of) }
}

/** The resolution of a single medium is known since the third generation. */
function resolution(part: MediaPart, of: Composing): JsonObject {
  if (part.detail === undefined || part.detail === 'auto') return {}
  const level = Object.hasOwn(levels, part.detail) && generation(of.aim.model) >= 3 ? levels[part.detail] : undefined
  if (level !== undefined) return { mediaResolution: { level } }
  lose(of, part, 'detail')
  return {}
}

function call(part: ToolCallPart, of: Composing): Draft {
  of.names.set(part.id, part.name)
  return { functionCall: { id: part.id, name: part.name, args: argsOf(part, of) }, ...signed(part, of) }
}

/** Arguments are an object here. What a model wrote that is none goes under a name of ours. */
function argsOf(part: ToolCallPart, of: Composing): JsonObject {
  const args = argsIn(part.input, part.custom)
  if (args) return args
  lose(of, part)
  return { input: part.input }
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}

/** The function's name has to be told: it stands at the call, which a result must have. */
function result(part: ToolResultPart, of: Composing): readonly Draft[] {
  const name = of.names.get(part.call) ?? part.name
  if (name === undefined) {
    throw new Fault(
      'invalid_request',
      say`The tool result for '${quoted(part.call)}' has no call before it, and Gemini has to be told the function's name.`,
      part.at === undefined ? {} : { param: part.at },
    )
  }
  const { inside, beside } = attached(part, of)
  const functionResponse = {
    id: part.call,
    name,
    response: response(part, of),
    ...(inside.length > 0 ? { parts: inside } : {}),
  }
  return [{ functionResponse }, ...beside]
}

const textsIn = (part: ToolResultPart): readonly string[] =>
  part.parts.flatMap(each => (each.type === 'text' || each.type === 'refusal' ? [each.text] : []))

function response(part: ToolResultPart, of: Composing): JsonObject {
  for (const each of part.parts) if (!['text', 'refusal', 'media'].includes(each.type)) lose(of, each)
  const texts = textsIn(part)
  const text = texts.join('\n')
  if (part.failed) return { error: text }
  return texts.length === 0 ? {} : (whole(text) ?? { output: text })
}

/** A result that is a JSON object is the response itself, unless it has a number that would not survive parsing. */
function whole(text: string): JsonObject | undefined {
  if (!text.trimStart().startsWith('{') || /\d{16}/.test(text)) return undefined
  const value = parsed(text)
  return isObject(value) ? value : undefined
}

/**
 * Media of a result stand inside it since the third generation, as bytes; otherwise they follow it in the same content. A
 * caller of this dialect has put them where it wants them.
 */
function attached(part: ToolResultPart, of: Composing) {
  const inside: Draft[] = []
  const beside: Draft[] = []
  for (const each of part.parts) {
    if (each.type !== 'media') continue
    const draft = of.extras.restore({ ...media(each, of) }, each.at)
    const fits = 'inlineData' in draft && generation(of.aim.model) >= 3
    if (fits || of.extras.own) inside.push(draft)
    else beside.push(draft)
  }
  return { inside, beside }
}

/** A block of Google's own tools, as it came, for the model that made it. */
function block(part: Extract<Part, { readonly type: 'opaque' }>, of: Composing): readonly Draft[] {
  const text = opened(part.seal, dialectId, maker(of))
  const value = text === undefined ? undefined : parsed(text)
  if (isObject(value)) return [{ ...value }]
  lose(of, part)
  return []
}
