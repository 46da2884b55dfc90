import { sha256 } from '../../lib/hash.ts'
import type { Chat, Message } from '../../model/chat.ts'
import { Fault } from '../../model/fault.ts'
import type { Json, JsonObject } from '../../model/json.ts'
import type {
  MediaPart,
  OpaquePart,
  Part,
  ReasoningPart,
  TextPart,
  ToolCallPart,
  ToolResultPart,
} from '../../model/part.ts'
import type { Quirks } from '../dialect.ts'
import { writeCitation } from './citations.ts'
import { said } from './compose-tools.ts'
import { writeMedia } from './media.ts'
import { ownFields, thoughtTexts } from './seals.ts'

/** For whom, what the caller's dialect was, which calls are of custom tools, and what had no place to go. */
export type Writing = {
  readonly maker: string
  readonly own: boolean
  readonly quirks: Quirks
  readonly customs: ReadonlySet<string>
  readonly lost: string[]
}

/** The ids of calls whose input is free text: other dialects' results do not say it of themselves. */
export const customCalls = ({ messages }: Chat): ReadonlySet<string> =>
  new Set(
    messages.flatMap(({ parts }) => parts.flatMap(part => (part.type === 'tool-call' && part.custom ? [part.id] : []))),
  )

/** Messages as the flat list of items that `input` is. */
export const writeInput = (messages: readonly Message[], writing: Writing): readonly JsonObject[] =>
  messages.flatMap(message => writeMessage(message, writing))

function writeMessage(message: Message, writing: Writing): readonly JsonObject[] {
  if (message.name !== undefined) writing.lost.push(`${message.at ?? 'input'}.name`)
  const items: JsonObject[] = []
  let content: { readonly parts: JsonObject[]; readonly phase: Json | undefined } | undefined
  const flush = () => {
    if (content && content.parts.length > 0) items.push(messageItem(message, content.parts, content.phase, writing))
    content = undefined
  }
  for (const part of message.parts) {
    const item = writeItem(part, message, writing)
    if (item === 'content') {
      const phase = part.type === 'text' ? ownFields(part.seal, writing.maker)?.phase : undefined
      if (phase !== undefined) flush()
      content ??= { parts: [], phase }
      content.parts.push(...writeContent(part, message, writing))
    } else {
      flush()
      if (part.cache) writing.lost.push(`${part.at ?? part.type}.cache_control`)
      if (item) items.push(item)
    }
  }
  flush()
  return items
}

function messageItem(
  { role }: Message,
  parts: readonly JsonObject[],
  phase: Json | undefined,
  { quirks }: Writing,
): JsonObject {
  const [only] = parts
  const plain = parts.length === 1 && only && isPlain(only) ? only.text : parts
  return said({ role: role === 'developer' && quirks.noDeveloper ? 'system' : role, content: plain, phase })
}

const isPlain = (part: JsonObject): boolean => Object.keys(part).length === 2 && typeof part.text === 'string'

/** A part as an item of its own; `content` if it stands in a message, undefined if it has no place. */
function writeItem(part: Part, message: Message, writing: Writing): JsonObject | 'content' | undefined {
  switch (part.type) {
    case 'text':
    case 'refusal':
      return 'content'
    case 'media':
      return message.role === 'assistant' ? writeMade(part, writing) : 'content'
    case 'reasoning':
      return writeThoughts(part, writing)
    case 'tool-call':
      return writeCall(part, writing)
    case 'tool-result':
      return writeResult(part, writing)
    case 'opaque':
      return part.label.startsWith('input_') ? 'content' : writeOpaque(part, writing)
    default:
      return part satisfies never
  }
}

function writeContent(part: Part, { role }: Message, writing: Writing): readonly JsonObject[] {
  const written = contentOf(part, role === 'assistant', writing)
  if (!written) {
    writing.lost.push(part.at ?? part.type)
    return []
  }
  return [{ ...written, ...markOf(part, writing) }]
}

/** Only newer models take marks: they are sent where the provider is known to take them, or the caller to mean them so. */
function markOf({ cache, at, type }: Part, { own, quirks, lost }: Writing): JsonObject {
  if (!cache) return {}
  if (own || quirks.cacheMarks === 'prompt_cache_breakpoint') return { prompt_cache_breakpoint: { mode: 'explicit' } }
  lost.push(`${at ?? type}.cache_control`)
  return {}
}

function contentOf(part: Part, spoken: boolean, writing: Writing): JsonObject | undefined {
  switch (part.type) {
    case 'text':
      return spoken ? writeSpoken(part, writing) : { type: 'input_text', text: part.text }
    case 'refusal':
      return spoken ? { type: 'refusal', refusal: part.text } : { type: 'input_text', text: part.text }
    case 'media':
      return writeSeen(part, writing)
    case 'opaque':
      return ownFields(part.seal, writing.maker)
    case 'reasoning':
    case 'tool-call':
    case 'tool-result':
      // These are items; inside a tool's result they have no place.
      return undefined
    default:
      return part satisfies never
  }
}

function writeSpoken({ text, citations = [], at }: TextPart, { maker, lost }: Writing): JsonObject {
  const annotations = citations
    .map(citation => writeCitation(citation, text.length, maker))
    .filter(annotation => annotation !== undefined)
  if (annotations.length < citations.length) lost.push(`${at ?? 'text'}.citations`)
  return { type: 'output_text', text, ...(annotations.length > 0 ? { annotations } : {}) }
}

/** A prompt that shows something makes no sense without it, so one that cannot be shown is refused. */
function writeSeen(part: MediaPart, { lost }: Writing): JsonObject {
  const { at = part.kind } = part
  const written = writeMedia(part)
  if (!written) throw unseen(part, at)
  if (part.context !== undefined) lost.push(`${at}.context`)
  if (part.cite) lost.push(`${at}.citations`)
  return written
}

const unseen = ({ kind, source }: MediaPart, at: string): Fault =>
  new Fault(
    'invalid_request',
    source.from === 'file'
      ? `'${at}' is a file at another provider, which this model's provider cannot see. Send its data, or a URL.`
      : `'${at}' is a ${kind} in a form that this model's provider cannot be sent. Send its data.`,
    { param: at },
  )

/** A picture that this provider's model made. Another's cannot stand in what the model said. */
function writeMade(part: MediaPart, { maker, lost }: Writing): JsonObject | undefined {
  const own = ownFields(part.seal, maker)
  if (own && part.source.from === 'data') return { ...own, result: part.source.data }
  lost.push(part.at ?? part.kind)
  return undefined
}

/** Thoughts go back only to whom they came from: without its seal a thought is refused. */
function writeThoughts(part: ReasoningPart, { maker, lost }: Writing): JsonObject | undefined {
  const own = ownFields(part.seal, maker)
  if (!own) {
    lost.push(part.at ?? 'reasoning')
    return undefined
  }
  const { id, encrypted_content } = own
  return said({ type: 'reasoning', id, ...thoughtTexts(part.text, part.summary === true, own), encrypted_content })
}

function writeCall(part: ToolCallPart, { maker, lost }: Writing): JsonObject {
  const own = ownFields(part.seal, maker)
  if (part.seal && !own) lost.push(`${part.at ?? part.id}.signature`)
  const call = { call_id: fitting(part.id), name: part.name }
  if (part.custom) return { type: 'custom_tool_call', ...call, input: part.input }
  // OpenAI takes no empty text for arguments.
  return said({ type: 'function_call', ...call, arguments: part.input || '{}', namespace: own?.namespace })
}

function writeResult(part: ToolResultPart, writing: Writing): JsonObject {
  const { at = part.call } = part
  if (part.failed) writing.lost.push(`${at}.is_error`)
  const content = part.parts.flatMap(inner => writeContent(inner, { role: 'user', parts: [] }, writing))
  const [only] = content
  const plain = content.length <= 1 && (!only || isPlain(only))
  return {
    type: part.custom || writing.customs.has(part.call) ? 'custom_tool_call_output' : 'function_call_output',
    call_id: fitting(part.call),
    output: plain ? (only?.text ?? '') : content,
  }
}

/** OpenAI takes ids of 64 characters at most; others' are longer. A call and its result get the same one. */
const fitting = (id: string): string => (id.length <= 64 ? id : `call_${sha256(id).slice(0, 40)}`)

function writeOpaque(part: OpaquePart, { maker, lost }: Writing): JsonObject | undefined {
  const own = ownFields(part.seal, maker)
  if (!own) lost.push(part.at ?? part.label)
  return own
}
