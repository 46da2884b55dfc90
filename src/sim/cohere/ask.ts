/** Reads a request to chat, and refuses what Cohere refuses. */

import { checkSchema } from '../check-schema.ts'
import { Field } from '../field.ts'
import { isImageAddress } from '../image.ts'
import { isList, type JsonObject } from '../json.ts'
import { longest } from '../models.ts'
import { anyObject, mediaTokens, promptOf, type Turn } from '../prompt.ts'
import { type Ask, type Choice, type Format, plainAsk, type Thinking, type Tool } from '../script.ts'
import { words } from './words.ts'

const known = new Set([
  ...['citation_options', 'documents', 'frequency_penalty', 'k', 'logprobs', 'max_tokens', 'messages', 'model', 'p'],
  ...['presence_penalty', 'priority', 'raw_prompting', 'reasoning_effort', 'response_format', 'safety_mode', 'seed'],
  ...['stop_sequences', 'stream', 'strict_tools', 'temperature', 'thinking', 'tool_choice', 'tools'],
])

export function readAsk(json: JsonObject, think: boolean): Ask {
  const body = new Field(words, json).only(known)
  const turns = readMessages(body.get('messages'))
  const tools = body.get('tools').items(mostTools).map(readTool)
  checkSampling(body)
  return {
    ...plainAsk,
    prompts: [promptOf([...readDocuments(body.get('documents')), ...turns], body.get('tools').value)],
    limit: body.get('max_tokens').integer({ min: 1, max: longest }),
    stops: body
      .get('stop_sequences')
      .items(5)
      .map(each => each.needed().text())
      .filter(each => each !== ''),
    tools,
    choice: readChoice(body.get('tool_choice'), tools),
    answered: turns.at(-1)?.role === 'tool',
    format: readFormat(body.get('response_format')),
    thinking: readThinking(body.get('thinking'), think),
    seed: body.get('seed').integer({ min: 0, max: Number.MAX_SAFE_INTEGER }) ?? 0,
  }
}

function checkSampling(body: Field): void {
  body.get('stream').flag()
  body.get('temperature').decimal({ min: 0, max: 1 })
  body.get('p').decimal({ min: 0, max: 0.99 })
  body.get('k').integer({ min: 0, max: 500 })
  body.get('frequency_penalty').decimal({ min: 0, max: 1 })
  body.get('presence_penalty').decimal({ min: 0, max: 1 })
}

const roles = ['user', 'assistant', 'system', 'tool'] as const

function readMessages(list: Field): readonly Turn[] {
  const messages = list.needed().items()
  if (messages.length === 0) throw list.words.missing(list.at)
  const called = new Set<string>()
  return messages.map(message => readMessage(message, called))
}

function readMessage(message: Field, called: Set<string>): Turn {
  const role = message.get('role').needed().among(roles)
  const calls = message.get('tool_calls').items()
  for (const call of calls) called.add(readCall(call))
  if (role === 'tool') checkResult(message.get('tool_call_id'), called)
  const plan = message.get('tool_plan').text()
  const { text, media } = readContent(message.get('content'), role === 'assistant' && (calls.length > 0 || plan !== ''))
  return {
    role,
    text: plan + text,
    media,
    calls: calls.length === 0 ? '' : JSON.stringify(calls.map(each => each.value)),
  }
}

function readCall(call: Field): string {
  call.get('type').needed().among(['function'])
  const { name, args } = {
    name: call.get('function').needed().get('name'),
    args: call.get('function').get('arguments'),
  }
  name.needed().text()
  args.needed().text()
  return call.get('id').needed().text()
}

function checkResult(id: Field, called: Set<string>): void {
  if (!called.has(id.needed().text()))
    throw id.wrong(`tool call id '${id.text()}' was not found in the tool calls of any message before.`)
}

/** Only an assistant that calls may say nothing. */
function readContent(content: Field, optional: boolean): Pick<Turn, 'text' | 'media'> {
  if (content.isAbsent && optional) return { text: '', media: 0 }
  if (typeof content.needed().value === 'string') return { text: content.text(), media: 0 }
  if (!isList(content.value)) throw content.wrongType('string or array')
  const texts = content.items().map(readPart)
  return { text: texts.join(''), media: mediaTokens * texts.filter(text => text === undefined).length }
}

function readPart(part: Field): string | undefined {
  switch (part.get('type').needed().among(['text', 'thinking', 'image_url', 'document'])) {
    case 'text':
      return part.get('text').needed().text()
    case 'thinking':
      part.get('thinking').needed().text()
      return ''
    case 'document':
      return JSON.stringify(part.get('document').needed().get('data').needed().value)
    case 'image_url': {
      const url = part.get('image_url').needed().get('url').needed()
      if (!isImageAddress(url.text())) throw url.wrong('is neither an address nor base64 data of a supported image.')
      return undefined
    }
  }
}

function readDocuments(list: Field): readonly Turn[] {
  return list.items().map(each => {
    const text = typeof each.value === 'string' ? each.value : JSON.stringify(each.get('data').needed().object())
    return { role: 'document', text, media: 0, calls: '' }
  })
}

const mostTools = 1000

function readTool(tool: Field): Tool {
  tool.get('type').needed().among(['function'])
  const name = tool.get('function').needed().get('name')
  if (!/^[a-zA-Z0-9_-]{1,64}$/.test(name.needed().text())) throw name.wrong('is not a valid tool name.')
  const schema = tool.get('function').get('parameters')
  if (!schema.isAbsent) checkSchema(schema)
  return { name: name.text(), schema: schema.value ?? { type: 'object', properties: {} } }
}

function readChoice(choice: Field, tools: readonly Tool[]): Choice {
  if (choice.isAbsent) return { type: 'auto' }
  const said = choice.among(['REQUIRED', 'NONE'])
  if (tools.length === 0) throw choice.wrong('cannot be set without tools.')
  return { type: said === 'NONE' ? 'none' : 'required' }
}

function readFormat(format: Field): Format {
  if (format.isAbsent || format.get('type').needed().among(['text', 'json_object']) === 'text') return { type: 'text' }
  const schema = [format.get('json_schema'), format.get('schema')].find(each => !each.isAbsent)
  if (schema === undefined) return { type: 'json', schema: anyObject }
  checkSchema(schema)
  return { type: 'json', schema: schema.value ?? anyObject }
}

function readThinking(wish: Field, think: boolean): Thinking {
  const asked = !wish.isAbsent && wish.get('type').needed().among(['enabled', 'disabled']) === 'enabled'
  if (asked) wish.get('token_budget').integer({ min: 1, max: longest })
  const thinks = asked || think
  return { tokens: thinks ? 64 : 0, shown: thinks ? 'text' : 'not', secret: false }
}
