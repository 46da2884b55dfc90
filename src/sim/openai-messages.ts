/** Reads the body of a chat: its messages, its tools, the format it wants. */

import { isList, isObject, type Json, type JsonObject, list, missing, text, wrongType, wrongValue } from './json.ts'
import { readCommon, readContent, readStreamStyle, readThinking, type StreamStyle } from './openai-ask.ts'
import { Refusal } from './refusal.ts'
import type { Ask, Choice, Format, Prompt, Tool } from './script.ts'

export function readChat(body: JsonObject, shown: boolean): { readonly ask: Ask; readonly style: StreamStyle } {
  const messages = readMessages(body)
  const tools = list(body, 'tools').map(readTool)
  const ask = {
    ...readCommon(body),
    prompts: [promptOf(messages, body.tools)],
    tools: tools.filter(tool => tool !== undefined),
    choice: readChoice(body.tool_choice),
    answered: messages.at(-1)?.role === 'tool',
    format: readFormat(body.response_format),
    thinking: readThinking(body, shown),
  }
  return { ask, style: readStreamStyle(body) }
}

type Message = { readonly role: string; readonly text: string; readonly media: number; readonly calls: string }

const roles = ['system', 'assistant', 'user', 'function', 'tool', 'developer']

function readMessages(body: JsonObject): readonly Message[] {
  if (body.messages === undefined) throw missing('messages')
  const messages = list(body, 'messages')
  if (messages.length === 0) {
    throw new Refusal(
      400,
      "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
      {
        code: 'empty_array',
        param: 'messages',
      },
    )
  }
  checkResults(messages)
  return messages.map((message, i) => readMessage(message, `messages[${i}]`))
}

function readMessage(message: Json, name: string): Message {
  if (!isObject(message)) throw wrongType(name, 'an object', message)
  if (message.role === undefined) throw missing(`${name}.role`)
  const role = text(message, 'role')
  if (!roles.includes(role)) {
    const known = roles.map(each => `'${each}'`).join(', ')
    throw wrongValue(`${name}.role`, `Invalid value: '${role}'. Supported values are: ${known}.`)
  }
  const calls = list(message, 'tool_calls')
  return {
    role,
    ...readContent(message.content, `${name}.content`),
    calls: calls.length > 0 ? JSON.stringify(calls) : '',
  }
}

/** Each tool's result must answer a call that was made before it. */
function checkResults(messages: readonly Json[]): void {
  const called = new Set<Json | undefined>()
  messages.forEach((message, i) => {
    if (!isObject(message)) return
    for (const call of list(message, 'tool_calls')) if (isObject(call)) called.add(call.id)
    if (message.role !== 'tool' || called.has(message.tool_call_id)) return
    throw wrongValue(
      `messages[${i}].role`,
      "Invalid parameter: messages with role 'tool' must be a response to a preceding message with 'tool_calls'.",
    )
  })
}

/** What an image or a recording counts as. */
const mediaTokens = 85

function promptOf(messages: readonly Message[], tools: Json | undefined): Prompt {
  const last = messages.findLast(message => message.role === 'user') ?? messages.at(-1)
  const offered = isList(tools) && tools.length > 0 ? `${JSON.stringify(tools)}\n` : ''
  return {
    text: offered + messages.map(({ role, text, calls }) => `${role}: ${text}${calls}\n`).join(''),
    last: last?.text ?? '',
    media: mediaTokens * messages.reduce((sum, { media }) => sum + media, 0),
  }
}

function readTool(tool: Json, i: number): Tool | undefined {
  if (!isObject(tool)) throw wrongType(`tools[${i}]`, 'an object', tool)
  if (tool.type === undefined) throw missing(`tools[${i}].type`)
  if (tool.type !== 'function') return undefined
  if (!isObject(tool.function)) throw missing(`tools[${i}].function`)
  const name = text(tool.function, 'name')
  if (!/^[a-zA-Z0-9_-]{1,64}$/.test(name)) {
    throw wrongValue(`tools[${i}].function.name`, `Invalid 'tools[${i}].function.name': string does not match pattern.`)
  }
  return { name, schema: tool.function.parameters ?? { type: 'object', properties: {} } }
}

function readChoice(choice: Json | undefined): Choice {
  if (choice === undefined || choice === null || choice === 'auto') return { type: 'auto' }
  if (choice === 'none' || choice === 'required') return { type: choice }
  const named =
    isObject(choice) && choice.type === 'function' && isObject(choice.function) ? choice.function.name : undefined
  if (typeof named === 'string') return { type: 'named', name: named }
  throw wrongValue(
    'tool_choice',
    "Invalid value for 'tool_choice'. Supported are 'none', 'auto', 'required' and a function.",
  )
}

/** What `json_object` is filled with. */
const anyObject = { type: 'object', properties: { answer: { type: 'string' } }, required: ['answer'] }

function readFormat(format: Json | undefined): Format {
  if (format === undefined || format === null) return { type: 'text' }
  if (!isObject(format)) throw wrongType('response_format', 'an object', format)
  switch (typeof format.type === 'string' ? format.type : '') {
    case 'text':
      return { type: 'text' }
    case 'json_object':
      return { type: 'json', schema: anyObject }
    case 'json_schema':
      return { type: 'json', schema: schemaOf(format.json_schema) }
    default:
      throw wrongValue(
        'response_format.type',
        "Invalid value for 'response_format.type'. Supported values are: 'json_object', 'json_schema', and 'text'.",
      )
  }
}

function schemaOf(described: Json | undefined): Json {
  if (!isObject(described)) throw missing('response_format.json_schema')
  if (typeof described.name !== 'string') throw missing('response_format.json_schema.name')
  return described.schema ?? anyObject
}
