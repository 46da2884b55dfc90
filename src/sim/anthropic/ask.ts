/** Reads a request of the Messages API, and refuses what Anthropic refuses. */

import { checkSchema } from '../check-schema.ts'
import { readEffort } from '../efforts.ts'
import { Field } from '../field.ts'
import type { JsonObject } from '../json.ts'
import { longest } from '../models.ts'
import { anyObject, promptOf, type Turn } from '../prompt.ts'
import { type Ask, type Choice, type Format, type Prompt, plainAsk, type Thinking, type Tool } from '../script.ts'
import { checkToolName, readContent } from './blocks.ts'
import { readHistory } from './history.ts'
import { words } from './words.ts'

/** What counts as prompt, and so what a request to count tokens may have. */
const counted = [
  ...['cache_control', 'messages', 'model', 'output_config', 'system', 'thinking', 'tool_choice', 'tools'],
  ...['context_management', 'mcp_servers', 'output_format', 'speed'],
]

const known = new Set([
  ...counted,
  ...['container', 'diagnostics', 'fallbacks', 'fallback_credit_token', 'inference_geo', 'max_tokens', 'metadata'],
  ...['service_tier', 'stop_sequences', 'stream', 'temperature', 'top_k', 'top_p'],
])

type Wishes = { readonly think: boolean; readonly secret: boolean; readonly signed: boolean }

/** The prompt alone. */
export function readCounted(json: JsonObject): Prompt {
  const body = new Field(words, json).only(new Set(counted))
  readTools(body.get('tools'))
  return readPrompt(body, false, false).prompt
}

export function readAsk(json: JsonObject, wishes: Wishes): Ask {
  const body = new Field(words, json).only(known)
  const limit = body.get('max_tokens').needed().integer({ min: 1, max: longest }) ?? longest
  checkSampling(body)
  const tools = readTools(body.get('tools'))
  const choice = readChoice(body.get('tool_choice'), tools)
  const thinking = readThinking(body, limit, choice, wishes)
  const enabled = !body.get('thinking').isAbsent && body.get('thinking').get('type').value === 'enabled'
  const { prompt, answered } = readPrompt(body, enabled, wishes.signed)
  return {
    ...plainAsk,
    prompts: [prompt],
    limit,
    stops: readStops(body.get('stop_sequences')),
    tools,
    choice,
    parallel: body.get('tool_choice').isAbsent || !body.get('tool_choice').get('disable_parallel_tool_use').flag(),
    answered,
    format: readFormat(body),
    thinking,
    cache: JSON.stringify(json).includes('"cache_control":{') ? 'marked' : 'none',
  }
}

function checkSampling(body: Field): void {
  body.get('stream').flag()
  body.get('temperature').decimal({ min: 0, max: 1 })
  body.get('top_p').decimal({ min: 0, max: 1 })
  body.get('top_k').integer({ min: 0, max: 1_000_000 })
  if (!body.get('metadata').isAbsent)
    body
      .get('metadata')
      .only(new Set(['user_id']))
      .get('user_id')
      .text()
  if (!body.get('service_tier').isAbsent) body.get('service_tier').among(['auto', 'standard_only'])
}

function readStops(list: Field): readonly string[] {
  return list.items().map(stop => {
    if (stop.needed().text().trim() === '') throw stop.wrong('each stop sequence must contain non-whitespace')
    return stop.text()
  })
}

function readPrompt(body: Field, thinks: boolean, signed: boolean) {
  const history = readHistory(body.get('messages'), thinks, signed)
  const prompt = promptOf([...readSystem(body.get('system')), ...history.turns], body.get('tools').value)
  return { prompt, answered: history.answered }
}

function readSystem(system: Field): readonly Turn[] {
  if (system.isAbsent) return []
  const parts = readContent(system)
  const stray = parts.find(({ type }) => type !== 'text')
  if (stray !== undefined) throw stray.field.get('type').wrong("Input should be 'text'")
  return [{ role: 'system', text: parts.map(({ text }) => text).join(''), media: 0, calls: '' }]
}

const mostTools = 1000

function readTools(list: Field): readonly Tool[] {
  const tools = list.items(mostTools)
  for (const each of tools) checkToolName(each.get('name'))
  const names = tools.map(each => each.get('name').text())
  if (new Set(names).size < names.length) throw list.wrong('Tool names must be unique.')
  return tools.filter(isCallers).map(readTool)
}

/** The others are run by the provider itself. */
function isCallers(tool: Field): boolean {
  const type = tool.get('type')
  if (type.isAbsent || type.text() === 'custom') return true
  if (/_\d{8}$/.test(type.text())) return false
  throw type.wrong(`Input tag '${type.text()}' does not match any of the expected tags`)
}

function readTool(tool: Field): Tool {
  const schema = tool.get('input_schema')
  schema.needed().get('type').needed().among(['object'])
  checkSchema(schema)
  return { name: tool.get('name').text(), schema: schema.object() }
}

function readChoice(choice: Field, tools: readonly Tool[]): Choice {
  if (choice.isAbsent) return { type: 'auto' }
  const type = choice.get('type').needed().among(['auto', 'any', 'tool', 'none'])
  if (type === 'none') return { type }
  if (tools.length === 0) throw choice.wrong('tool_choice may only be specified while providing tools')
  if (type === 'auto') return { type }
  if (type === 'any') return { type: 'required' }
  const name = choice.get('name').needed().text()
  if (tools.some(each => each.name === name)) return { type: 'named', name }
  throw choice.wrong(`Tool '${name}' not found in provided tools`)
}

const efforts = ['low', 'medium', 'high', 'xhigh', 'max']

function readThinking(body: Field, limit: number, choice: Choice, { think, secret }: Wishes): Thinking {
  const wish = body.get('thinking')
  const type = wish.isAbsent ? 'disabled' : wish.get('type').needed().among(['enabled', 'disabled', 'adaptive'])
  const config = body.get('output_config')
  const effort = config.isAbsent ? undefined : readEffort(config.get('effort'), efforts)
  if (type === 'disabled') return { tokens: think ? 64 : 0, shown: think ? 'text' : 'not', secret }
  if (type === 'enabled') checkBudget(body, wish, limit)
  if (choice.type === 'required' || choice.type === 'named')
    throw body.words.wrong('', 'Thinking may not be enabled when tool_choice forces tool use.')
  const isHidden = !wish.get('display').isAbsent && wish.get('display').among(['summarized', 'omitted']) === 'omitted'
  return { tokens: effort ?? 64, shown: isHidden ? 'sealed' : 'text', secret }
}

function checkBudget(body: Field, wish: Field, limit: number): void {
  const budget = wish.get('budget_tokens').needed().integer({ min: 1024, max: longest }) ?? 0
  if (budget >= limit) throw body.words.wrong('', '`max_tokens` must be greater than `thinking.budget_tokens`.')
  const { temperature = 1 } = body.object()
  if (temperature === null || temperature === 1) return
  throw body.words.wrong('', '`temperature` may only be set to 1 when thinking is enabled.')
}

function readFormat(body: Field): Format {
  const config = body.get('output_config')
  const format = config.isAbsent || config.get('format').isAbsent ? body.get('output_format') : config.get('format')
  if (format.isAbsent) return { type: 'text' }
  format.get('type').needed().among(['json_schema'])
  checkSchema(format.get('schema').needed())
  return { type: 'json', schema: format.get('schema').value ?? anyObject }
}
