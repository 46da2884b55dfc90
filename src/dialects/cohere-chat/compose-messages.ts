import type { Message } from '../../model/chat.ts'
import { isObject, type JsonObject } from '../../model/json.ts'
import type { MediaPart, Part, ReasoningPart, TextPart, ToolCallPart, ToolResultPart } from '../../model/part.ts'
import { opened, type Sealed } from '../../model/sealed.ts'
import { refuse } from '../check.ts'
import { toDataUrl } from '../data-url.ts'
import { documentData, documentId } from './documents.ts'
import { dialectId } from './id.ts'
import { planMark } from './seals.ts'

/** What the telling of one request remembers: whom it is for, what was lost, and the documents that are sent beside. */
export type Telling = {
  /** The target as `provider/model`. */
  readonly maker: string
  readonly lose: (name: string) => void
  readonly documents: JsonObject[]
}

/** The messages that one message becomes: each result of a tool is one, what says nothing is none. */
export function messagesOf(message: Message, telling: Telling): readonly JsonObject[] {
  const { name, at, parts, role } = message
  if (name !== undefined) telling.lose(at === undefined ? 'name' : `${at}.name`)
  for (const part of parts) if (part.cache) telling.lose(`${placeOf(part)}.cache_control`)
  switch (role) {
    case 'system':
    case 'developer':
      return said(
        'system',
        parts.map(part => wordsOf(part, telling)),
      )
    case 'user':
      return userMessages(parts, telling)
    case 'assistant':
      return assistantMessages(parts, telling)
    default:
      return role satisfies never
  }
}

const placeOf = (part: Part): string => part.at ?? part.type

function lost(part: Part, { lose }: Telling): undefined {
  lose(placeOf(part))
}

/** One text is told as it is, several contents as a list. */
function said(role: string, contents: readonly (JsonObject | undefined)[]): readonly JsonObject[] {
  const content = contents.filter(isObject)
  return content.length === 0 ? [] : [{ role, content: shortest(content) }]
}

function shortest(content: readonly JsonObject[]): JsonObject[string] {
  const [first] = content
  return content.length === 1 && first?.type === 'text' ? first.text : content
}

function userMessages(parts: readonly Part[], telling: Telling): readonly JsonObject[] {
  const results = parts.filter(part => part.type === 'tool-result')
  const others = parts.filter(part => part.type !== 'tool-result')
  return [
    ...results.map(part => resultMessage(part, telling)),
    ...said(
      'user',
      others.map(part => userContent(part, telling)),
    ),
  ]
}

function userContent(part: Part, telling: Telling): JsonObject | undefined {
  if (part.type !== 'media') return wordsOf(part, telling)
  sealIsLost(part.seal, part, telling)
  switch (part.kind) {
    case 'image':
      return imageOf(part)
    case 'document':
      telling.documents.push({ id: documentId(telling.documents.length), data: documentData(part) })
      return undefined
    case 'audio':
    case 'video':
      throw refuse(part.at, `Cohere takes no ${part.kind}. Leave it out, or ask another model.`)
    default:
      return part.kind satisfies never
  }
}

function imageOf({ source, detail, at }: MediaPart): JsonObject {
  const seen = detail === undefined ? {} : { detail }
  if (source.from === 'url') return { type: 'image_url', image_url: { url: source.url, ...seen } }
  if (source.from !== 'data') throw refuse(at, 'Cohere takes images as they are, or by their URL.')
  return { type: 'image_url', image_url: { url: toDataUrl(source.mediaType, source.data), ...seen } }
}

/** Empty texts are refused in some places, and say nothing in any. */
function wordsOf(part: Part, telling: Telling): JsonObject | undefined {
  if (part.type !== 'text' && part.type !== 'refusal') return lost(part, telling)
  if (part.type === 'text') sealIsLost(part.seal, part, telling)
  return part.text === '' ? undefined : { type: 'text', text: part.text }
}

/** A seal on something that is told without it. */
function sealIsLost(seal: Sealed | undefined, part: Part, telling: Telling): void {
  if (seal && opened(seal, dialectId, telling.maker) === undefined) lost(part, telling)
}

/** There is no word for a tool that failed: what it says has to tell. */
function resultMessage(part: ToolResultPart, telling: Telling): JsonObject {
  if (part.failed === true) telling.lose(`${placeOf(part)}.is_error`)
  const content = part.parts.map(each => resultContent(each, telling)).filter(isObject)
  if (content.length === 0 && part.parts.some(({ type }) => type === 'media'))
    throw refuse(part.at, "Cohere takes only words and documents of text as a tool's result.")
  return { role: 'tool', tool_call_id: part.call, content: content.length === 0 ? '' : shortest(content) }
}

function resultContent(part: Part, telling: Telling): JsonObject | undefined {
  if (part.cache) telling.lose(`${placeOf(part)}.cache_control`)
  if (part.type !== 'media') return wordsOf(part, telling)
  if (part.kind !== 'document') return lost(part, telling)
  return { type: 'document', document: { data: documentData(part) } }
}

function assistantMessages(parts: readonly Part[], telling: Telling): readonly JsonObject[] {
  const content: JsonObject[] = []
  const calls: JsonObject[] = []
  const plans: string[] = []
  const citations: JsonObject[] = []
  for (const part of parts) {
    const plan = planIn(part, telling)
    if (plan !== undefined) plans.push(plan)
    else if (part.type === 'tool-call') calls.push(callOf(part, telling))
    else {
      if (part.type === 'text') citations.push(...citationsOf(part, content.length, telling))
      const told = part.type === 'reasoning' ? thoughtOf(part, telling) : wordsOf(part, telling)
      if (told) content.push(told)
    }
  }
  if (content.length + calls.length + plans.length === 0) return []
  return [
    {
      role: 'assistant',
      ...(content.length === 0 ? {} : { content: shortest(content) }),
      ...(plans.length === 0 ? {} : { tool_plan: plans.join('') }),
      ...(calls.length === 0 ? {} : { tool_calls: calls }),
      ...(citations.length === 0 ? {} : { citations }),
    },
  ]
}

const planIn = (part: Part, { maker }: Telling): string | undefined =>
  part.type === 'reasoning' && opened(part.seal, dialectId, maker) === planMark ? part.text : undefined

/** Thoughts are plain text here, and anybody's are read; what is sealed in them for another is not. */
function thoughtOf(part: ReasoningPart, telling: Telling): JsonObject | undefined {
  sealIsLost(part.seal, part, telling)
  return part.text === '' ? undefined : { type: 'thinking', thinking: part.text }
}

function callOf(part: ToolCallPart, telling: Telling): JsonObject {
  sealIsLost(part.seal, part, telling)
  const written = part.input.trim() === '' ? '{}' : part.input
  const args = part.custom ? JSON.stringify({ input: part.input }) : written
  return { id: part.id, type: 'function', function: { name: part.name, arguments: args } }
}

/** Citations that Cohere once told go back as they were, with the place that their text now has. */
function citationsOf({ citations = [], at }: TextPart, place: number, telling: Telling): readonly JsonObject[] {
  const own = citations.map(({ seal }) => parsed(opened(seal, dialectId, telling.maker))).filter(isObject)
  if (citations.length > 0 && own.length === 0) telling.lose(at === undefined ? 'citations' : `${at}.citations`)
  return own.map(citation => ({ ...citation, content_index: place }))
}

function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}
