/** Reads the body of a chat: its messages, its tools, the format it wants. */

import { checkSchema } from '../check-schema.ts'
import { effortNames, readEffort } from '../efforts.ts'
import type { Field } from '../field.ts'
import { isImageAddress } from '../image.ts'
import { isList } from '../json.ts'
import { anyObject, mediaTokens, promptOf, type Turn } from '../prompt.ts'
import { Refusal } from '../refusal.ts'
import type { Ask, Choice, Format, Thinking, Tool } from '../script.ts'
import { readCommon, readStreamStyle, type StreamStyle } from './ask.ts'

export function readChat(body: Field, think: boolean): { readonly ask: Ask; readonly style: StreamStyle } {
  const messages = readMessages(body.get('messages'))
  const tools = readTools(body.get('tools'))
  const ask = {
    ...readCommon(body),
    prompts: [promptOf(messages, body.get('tools').value)],
    tools,
    choice: readChoice(body.get('tool_choice'), tools),
    parallel: body.get('parallel_tool_calls').isAbsent || body.get('parallel_tool_calls').flag(),
    answered: messages.at(-1)?.role === 'tool',
    format: readFormat(body.get('response_format')),
    thinking: readThinking(body.get('reasoning_effort'), think),
  }
  return { ask, style: readStreamStyle(body) }
}

function readThinking(effort: Field, think: boolean): Thinking {
  const tokens = readEffort(effort, effortNames) ?? (think ? 64 : 0)
  return { tokens, shown: think ? 'text' : 'not', secret: false }
}

const roles = ['system', 'assistant', 'user', 'function', 'tool', 'developer'] as const

function readMessages(list: Field): readonly Turn[] {
  if (list.value === undefined) throw list.words.missing(list.at)
  const messages = list.items()
  if (messages.length === 0) {
    throw new Refusal(
      400,
      "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
      { code: 'empty_array', param: 'messages' },
    )
  }
  checkResults(messages)
  return messages.map(readMessage)
}

function readMessage(message: Field): Turn {
  if (message.get('role').value === undefined) throw message.words.missing(message.get('role').at)
  const role = message.get('role').among(roles)
  const calls = message.get('tool_calls').items()
  calls.forEach(readCall)
  return {
    role,
    ...readContent(message.get('content')),
    calls: calls.length > 0 ? JSON.stringify(calls.map(each => each.value)) : '',
  }
}

function readCall(call: Field): void {
  call.get('id').needed().text()
  if (!call.get('function').isAbsent) {
    call.get('function').get('name').needed().text()
    call.get('function').get('arguments').text()
  }
}

/** Each tool's result must answer a call that was made before it. */
function checkResults(messages: readonly Field[]): void {
  const called = new Set<unknown>()
  for (const message of messages) {
    for (const call of message.get('tool_calls').items()) called.add(call.get('id').value)
    if (message.get('role').value !== 'tool' || called.has(message.get('tool_call_id').value)) continue
    throw message
      .get('role')
      .wrong(
        "Invalid parameter: messages with role 'tool' must be a response to a preceding message with 'tool_calls'.",
      )
  }
}

/** The parts of a content that are text, together, and what the others count as. */
function readContent(content: Field): { readonly text: string; readonly media: number } {
  if (content.isAbsent || typeof content.value === 'string') return { text: content.text(), media: 0 }
  if (!isList(content.value)) throw content.wrongType('one of a string or array of objects')
  const texts = content.items().map(readPart)
  return { text: texts.join(''), media: mediaTokens * texts.filter(each => each === undefined).length }
}

function readPart(part: Field): string | undefined {
  const { text, refusal, type } = part.object()
  const said = text ?? refusal
  if (typeof said === 'string') return said
  if (typeof type !== 'string') throw part.words.wrongType(part.get('type').at, 'a string', type ?? null)
  if (type === 'text') throw part.words.wrongType(part.get('text').at, 'a string', said ?? null)
  if (type === 'image_url') readImage(part.get('image_url').needed().get('url').needed())
  return undefined
}

function readImage(url: Field): void {
  if (isImageAddress(url.text())) return
  throw new Refusal(400, `Invalid '${url.at}': expected an address or base64 data of a supported image.`, {
    code: 'invalid_image_url',
    param: url.at,
  })
}

export const mostTools = 128

function readTools(list: Field): readonly Tool[] {
  return list
    .items(mostTools)
    .map(readTool)
    .filter(tool => tool !== undefined)
}

function readTool(tool: Field): Tool | undefined {
  const { type } = tool.object()
  if (type === undefined) throw tool.words.missing(tool.get('type').at)
  if (type !== 'function') return undefined
  return readFunction(tool.get('function').needed())
}

/** A function's name and schema, wherever they stand. */
export function readFunction(described: Field): Tool {
  const name = described.get('name')
  if (!/^[a-zA-Z0-9_-]{1,64}$/.test(name.needed().text()))
    throw name.wrong(`Invalid '${name.at}': string does not match pattern. Expected '^[a-zA-Z0-9_-]+$'.`)
  const schema = described.get('parameters')
  if (!schema.isAbsent) checkSchema(schema)
  return { name: name.text(), schema: schema.value ?? { type: 'object', properties: {} } }
}

function readChoice(choice: Field, tools: readonly Tool[]): Choice {
  if (choice.isAbsent || choice.value === 'auto') return { type: 'auto' }
  if (choice.value === 'none') return { type: 'none' }
  if (choice.value === 'required') return required(choice, tools)
  const named = typeof choice.value === 'object' && choice.get('type').value === 'function' && choice.get('function')
  if (named === false || named.isAbsent || typeof named.get('name').value !== 'string') {
    throw choice.wrong("Invalid value for 'tool_choice'. Supported are 'none', 'auto', 'required' and a function.")
  }
  return chosen(choice, named.get('name').text(), tools)
}

export function required(choice: Field, tools: readonly Tool[]): Choice {
  if (tools.length > 0) return { type: 'required' }
  throw choice.wrong("'tool_choice' is only allowed when 'tools' are specified.")
}

/** One that there is. */
export function chosen(choice: Field, name: string, tools: readonly Tool[]): Choice {
  if (tools.some(each => each.name === name)) return { type: 'named', name }
  throw choice.wrong(`Tool choice '${name}' not found in 'tools' parameter.`)
}

function readFormat(format: Field): Format {
  if (format.isAbsent) return { type: 'text' }
  switch (format.get('type').needed().among(['text', 'json_object', 'json_schema'])) {
    case 'text':
      return { type: 'text' }
    case 'json_object':
      return { type: 'json', schema: anyObject }
    case 'json_schema':
      return readJsonSchema(format.get('json_schema'))
  }
}

/** A schema with a name. */
export function readJsonSchema(described: Field): Format {
  described.needed().get('name').needed().text()
  const schema = described.get('schema')
  if (schema.isAbsent) return { type: 'json', schema: anyObject }
  checkSchema(schema)
  return { type: 'json', schema: schema.value ?? anyObject }
}
