import type { Chat, Message, Tool } from '../../src/model/chat.ts'
import type { Json, JsonObject } from '../../src/model/json.ts'
import type { Part } from '../../src/model/part.ts'

/**
 * What a recorded request to Cohere means, written down a second time and independently of what tells one: nobody asks
 * Thalamus in this dialect. What has no noun goes into the extras.
 */

const dialect = 'cohere-chat'

export function chatOf(body: JsonObject): Chat {
  const {
    messages,
    tools,
    tool_choice: choice,
    response_format: format,
    documents,
    model: _,
    stream: __,
    ...rest
  } = body
  const { max_tokens: maxTokens, stop_sequences: stop, temperature, seed, ...fields } = rest
  const asked = list(messages).flatMap(messageOf)
  return {
    messages: [...asked.slice(0, -1), ...asked.slice(-1).map(last => withDocuments(last, list(documents)))],
    tools: list(tools).map(toolOf),
    ...(choice === 'REQUIRED' && { toolChoice: { type: 'required' as const } }),
    ...(typeof maxTokens === 'number' && { maxTokens }),
    ...(typeof temperature === 'number' && { temperature }),
    ...(typeof seed === 'number' && { seed }),
    ...(Array.isArray(stop) && { stop: stop as string[] }),
    ...(format !== undefined && { format: { type: 'schema' as const, schema: object(object(format).json_schema) } }),
    extras: { dialect, fields },
  }
}

const words = (value: Json | undefined): string => (typeof value === 'string' ? value : '')
const object = (value: Json | undefined): JsonObject => (value ?? {}) as JsonObject
const list = (value: Json | undefined): readonly JsonObject[] => (value ?? []) as readonly JsonObject[]

/** Documents stand in the user's message here. */
const withDocuments = (message: Message, documents: readonly JsonObject[]): Message => ({
  ...message,
  parts: [...message.parts, ...documents.map(documentOf)],
})

function documentOf({ data }: JsonObject): Part {
  const { title, text } = object(data)
  return { type: 'media', kind: 'document', title: words(title), source: { from: 'text', text: words(text) } }
}

function messageOf({ role, content, tool_call_id: id, tool_calls: calls }: JsonObject): Message[] {
  const parts = typeof content === 'string' ? [{ type: 'text' as const, text: content }] : list(content).map(partOf)
  if (role === 'tool') return [{ role: 'user', parts: [{ type: 'tool-result', call: words(id), parts }] }]
  const called = list(calls).map(({ id: call, function: called }): Part => {
    const { name, arguments: input } = object(called)
    return { type: 'tool-call', id: words(call), name: words(name), input: words(input) }
  })
  return [{ role: role as 'user', parts: [...parts, ...called] }]
}

function partOf({ type, text, thinking, image_url: image }: JsonObject): Part {
  if (type === 'thinking') return { type: 'reasoning', text: words(thinking) }
  if (type === 'text') return { type: 'text', text: words(text) }
  const [, mediaType = '', data = ''] = /^data:(.*?);base64,(.*)$/.exec(words(object(image).url)) ?? []
  return { type: 'media', kind: 'image', source: { from: 'data', mediaType, data } }
}

function toolOf({ function: called }: JsonObject): Tool {
  const { name, description, parameters } = object(called)
  return { type: 'function', name: words(name), description: words(description), schema: object(parameters) }
}

/** What differs without a difference in meaning: empty lists and texts, nulls, and a list of one text. */
export function settled(body: JsonObject): JsonObject {
  const { stream, messages, ...fields } = body
  const kept = Object.entries(fields).filter(([, value]) => JSON.stringify(value) !== '[]')
  return {
    ...Object.fromEntries(kept),
    ...(stream === true && { stream }),
    messages: list(messages).map(settledMessage),
  }
}

function settledMessage({ content, ...others }: JsonObject): JsonObject {
  const fields = Object.fromEntries(
    Object.entries(others).filter(([name]) => !['tool_plan', 'citations'].includes(name)),
  )
  const blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : list(content)
  const said = blocks.filter(({ text }) => text !== '')
  const [first] = said
  if (!first) return fields
  return { ...fields, content: said.length === 1 && first.type === 'text' ? first.text : said }
}
