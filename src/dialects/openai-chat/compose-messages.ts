import type { Message } from '../../model/chat.ts'
import { isObject, type JsonObject } from '../../model/json.ts'
import type { MediaPart, Part, TextPart, ToolCallPart, ToolResultPart } from '../../model/part.ts'
import { contentOf, writeMedia, writePart, writeText } from './compose-parts.ts'
import { writeThoughts } from './compose-thoughts.ts'
import { dialectId } from './id.ts'
import { callId, lose, markOf, type Telling } from './telling.ts'
import { nativeDetail, withSignature } from './thoughts.ts'

/** The messages of a conversation as a provider gets them. */
export const writeMessages = (messages: readonly Message[], telling: Telling): readonly JsonObject[] =>
  messages.flatMap(message => writeMessage(message, telling))

function writeMessage(message: Message, telling: Telling): readonly JsonObject[] {
  switch (message.role) {
    case 'system':
      return writeSaid(message, 'system', message.parts, telling)
    case 'developer':
      return writeSaid(message, telling.quirks.noDeveloper ? 'system' : 'developer', message.parts, telling)
    case 'user':
      return writeUser(message, telling)
    case 'assistant':
      return writeTurn(message, telling)
    default:
      return message.role satisfies never
  }
}

const named = ({ name }: Message): JsonObject => (name === undefined ? {} : { name })

function writeSaid(message: Message, role: string, parts: readonly Part[], telling: Telling): readonly JsonObject[] {
  const content = parts.flatMap(part => writePart(part, telling))
  if (content.length === 0 && parts.length > 0) return []
  return [{ role, content: contentOf(content), ...named(message) }]
}

/** Results of tools come first, each in a message of its own: they have to follow the calls. */
function writeUser(message: Message, telling: Telling): readonly JsonObject[] {
  const results = message.parts.filter(part => part.type === 'tool-result')
  const said = message.parts.filter(part => part.type !== 'tool-result')
  const shown = results.flatMap(result => showing(result, telling))
  const answers = results.map(result => writeResult(result, telling))
  const content = [...shown, ...said.flatMap(part => writePart(part, telling))]
  if (content.length === 0 && message.parts.length > 0) return answers
  return [...answers, { role: 'user', content: contentOf(content), ...named(message) }]
}

/** A result of a tool. Media may not stand in it: they follow in a message of the user, which this one points at. */
function writeResult(result: ToolResultPart, telling: Telling): JsonObject {
  if (result.failed) lose(telling, result, 'is_error')
  const texts = result.parts.flatMap(part => (part.type === 'media' ? [] : writePart(part, telling)))
  const mark = markOf(result, telling)
  const marked = Object.keys(mark).length > 0
  const last = texts.length - 1
  const content = marked ? texts.map((text, n) => (n === last ? { ...text, ...mark } : text)) : texts
  const pointing = texts.length === 0 && result.parts.some(part => part.type === 'media')
  return {
    role: 'tool',
    tool_call_id: callId(result, telling),
    content: pointing ? 'The result follows in the next message.' : contentOf(content),
  }
}

function showing(result: ToolResultPart, telling: Telling): readonly JsonObject[] {
  const media = result.parts.filter(part => part.type === 'media')
  if (media.length === 0) return []
  const label = { type: 'text', text: `Result of the tool call ${callId(result, telling)}:` }
  return [label, ...media.map(part => writeMedia(part, telling))]
}

/** What the model said before. A turn of which nothing can be told is left out. */
function writeTurn(message: Message, telling: Telling): readonly JsonObject[] {
  const { parts } = message
  const thoughts = writeThoughts(
    parts.filter(part => part.type === 'reasoning'),
    telling,
  )
  const spoken = [...thoughts.parts, ...parts.flatMap(part => writeSpoken(part, telling))]
  const calls = parts.filter(part => part.type === 'tool-call').map(call => writeCall(call, telling))
  const refusal = parts.flatMap(part => (part.type === 'refusal' ? [part.text] : [])).join('')
  const more = {
    ...soundIn(parts, telling),
    ...textExtras(
      parts.filter(part => part.type === 'text'),
      telling,
    ),
  }
  const silent = spoken.length === 0 && calls.length === 0 && refusal === ''
  if (silent && parts.length > 0 && Object.keys({ ...thoughts.fields, ...more }).length === 0) return []
  const hasOther = calls.length > 0 || refusal !== '' || 'audio' in more
  return [
    {
      role: 'assistant',
      content: spoken.length === 0 && hasOther ? null : contentOf(spoken),
      ...(refusal !== '' && { refusal }),
      ...thoughts.fields,
      ...more,
      ...(calls.length > 0 && { tool_calls: calls }),
      ...named(message),
    },
  ]
}

function writeSpoken(part: Part, telling: Telling): readonly JsonObject[] {
  switch (part.type) {
    case 'text':
      return part.text === '' ? [] : [writeText(part, telling)]
    case 'media':
      return writeShown(part, telling)
    case 'opaque':
    case 'tool-result':
      lose(telling, part)
      return []
    case 'reasoning':
    case 'refusal':
    case 'tool-call':
      return []
    default:
      return part satisfies never
  }
}

/** A sound that this provider does not keep is told by its words; a picture of the model's own has no place. */
function writeShown(part: MediaPart, telling: Telling): readonly JsonObject[] {
  if (soundId(part, telling) !== undefined) return []
  lose(telling, part)
  return part.transcript ? [{ type: 'text', text: part.transcript }] : []
}

function soundId(part: MediaPart, telling: Telling): string | undefined {
  if (part.kind !== 'audio') return undefined
  if (part.source.from === 'file') return part.source.dialect === dialectId ? part.source.id : undefined
  const value = telling.opened(part.seal)
  const id = value === undefined ? undefined : nativeDetail(value, '')?.id
  return typeof id === 'string' ? id : undefined
}

function soundIn(parts: readonly Part[], telling: Telling): JsonObject {
  const ids = parts.flatMap(part => (part.type === 'media' ? (soundId(part, telling) ?? []) : []))
  const [id] = ids
  return id === undefined ? {} : { audio: { id } }
}

/** What belongs to the words and only their maker understands: a signature, and citations. */
function textExtras(texts: readonly TextPart[], telling: Telling): JsonObject {
  const signature = texts.map(part => openedSeal(part, telling)).find(value => value !== undefined)
  const annotations = texts.flatMap(part => writeCitations(part, telling))
  return {
    ...(signature === undefined ? {} : withSignature(signature)),
    ...(annotations.length > 0 && { annotations }),
  }
}

function openedSeal(part: TextPart | ToolCallPart, telling: Telling): string | undefined {
  const value = telling.opened(part.seal)
  if (part.seal && value === undefined) lose(telling, part, 'signature')
  return value
}

function writeCitations(part: TextPart, telling: Telling): readonly JsonObject[] {
  const values = (part.citations ?? []).map(({ seal }) => telling.opened(seal))
  if (values.some(value => value === undefined)) lose(telling, part, 'citations')
  return values.map(value => (value === undefined ? undefined : nativeDetail(value, ''))).filter(isObject)
}

function writeCall(call: ToolCallPart, telling: Telling): JsonObject {
  const { name, input, custom } = call
  const signature = openedSeal(call, telling)
  const said = custom
    ? { type: 'custom', custom: { name, input } }
    : { type: 'function', function: { name, arguments: input === '' ? '{}' : input } }
  return {
    id: callId(call, telling),
    ...said,
    ...(signature === undefined ? {} : withSignature(signature)),
    ...markOf(call, telling),
  }
}
