import type { Chat, Effort, Message, OutputFormat, Reasoning } from '../../model/chat.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import { invalid, maybe, need, objectsIn, textsIn } from './check.ts'
import { type Reading, readContent } from './read-block.ts'
import { readChoice, readTools } from './read-tools.ts'
import { broughtByCaller } from './seals.ts'
import { dialectId } from './words.ts'

/** A request in full. Fields without a noun go into `extras` by their path; a null is a field that is not there. */
export function understand(body: JsonObject): Chat {
  const fields: Record<string, Json> = {}
  const reading: Reading = {
    placed: true,
    origin: broughtByCaller,
    calls: new Map(),
    beyond: (at, value) => {
      fields[at] = value
    },
  }
  for (const [name, value] of Object.entries(body)) {
    if (value !== undefined && value !== null && !understood.has(name)) reading.beyond(name, value)
  }
  return {
    messages: [...readSystem(body, reading), ...readMessages(body, reading)],
    tools: readTools(body, reading.beyond),
    ...readChoice(body),
    format: readFormat(body, reading),
    reasoning: readReasoning(body, reading),
    maxTokens: maybe('whole', body, 'max_tokens', ''),
    temperature: maybe('number', body, 'temperature', ''),
    topP: maybe('number', body, 'top_p', ''),
    topK: maybe('whole', body, 'top_k', ''),
    stop: readStop(body),
    serviceTier: readTier(body),
    user: readUser(body, reading),
    extras: { dialect: dialectId, fields },
  }
}

const understood: ReadonlySet<string> = new Set([
  'model',
  'stream',
  'system',
  'messages',
  'tools',
  'tool_choice',
  'mcp_servers',
  'output_config',
  'output_format',
  'thinking',
  'max_tokens',
  'temperature',
  'top_p',
  'top_k',
  'stop_sequences',
  'service_tier',
  'metadata',
])

function readSystem(body: JsonObject, reading: Reading): readonly Message[] {
  const parts = readContent(body.system, 'system', reading)
  return parts.length === 0 ? [] : [{ role: 'system', parts, at: 'system' }]
}

const roles = ['user', 'assistant', 'system'] as const

function readMessages(body: JsonObject, reading: Reading): readonly Message[] {
  return objectsIn(need('list', body, 'messages', ''), 'messages').map(({ object, at }) => {
    const said = need('text', object, 'role', at)
    const role = roles.find(name => name === said)
    if (!role) throw invalid(`${at}.role`, "must be 'user', 'assistant' or 'system'", said)
    if (object.content === undefined || object.content === null)
      throw invalid(`${at}.content`, 'is required', object.content)
    for (const [name, value] of Object.entries(object)) {
      if (name !== 'role' && name !== 'content' && value !== undefined) reading.beyond(`${at}.${name}`, value)
    }
    return { role, parts: readContent(object.content, `${at}.content`, reading), at }
  })
}

/** Structured output, where it is now and where it was first. */
function readFormat(body: JsonObject, { beyond }: Reading): OutputFormat | undefined {
  const config = maybe('object', body, 'output_config', '') ?? {}
  const place = config.format ? 'output_config.format' : 'output_format'
  const format = maybe('object', config, 'format', 'output_config') ?? maybe('object', body, 'output_format', '')
  if (!format) return undefined
  if (format.type === 'json_schema') return { type: 'schema', schema: need('object', format, 'schema', place) }
  beyond(place, format)
  return undefined
}

const efforts: readonly string[] = ['low', 'medium', 'high', 'xhigh', 'max'] satisfies Effort[]

/**
 * `thinking` says whether and how much, `output_config.effort` how hard. Adaptive thinking is a budget as the model likes.
 * Where thinking is off, the effort is about the answer alone, and no other dialect has a word for that.
 */
function readReasoning(body: JsonObject, { beyond }: Reading): Reasoning | undefined {
  const config = maybe('object', body, 'output_config', '') ?? {}
  const thinking = maybe('object', body, 'thinking', '')
  for (const [name, value] of Object.entries(config)) {
    if (name !== 'effort' && name !== 'format' && value !== undefined && value !== null)
      beyond(`output_config.${name}`, value)
  }
  const effort = maybe('text', config, 'effort', 'output_config')
  const off = thinking?.type === 'disabled'
  const known = effort !== undefined && efforts.includes(effort) && !off ? (effort as Effort) : undefined
  if (effort !== undefined && known === undefined) beyond('output_config.effort', effort)
  const wish = {
    ...(off ? { effort: 'none' as const } : known && { effort: known }),
    ...readThinking(thinking, beyond),
  }
  return Object.keys(wish).length === 0 ? undefined : wish
}

function readThinking(thinking: JsonObject | undefined, beyond: Reading['beyond']): Omit<Reasoning, 'effort'> {
  if (!thinking) return {}
  const { display } = thinking
  const shown = display === 'summarized' ? { shown: true } : display === 'omitted' ? { shown: false } : {}
  switch (need('text', thinking, 'type', 'thinking')) {
    case 'enabled':
      return { budget: need('whole', thinking, 'budget_tokens', 'thinking'), ...shown }
    case 'adaptive':
      return { budget: -1, ...shown }
    case 'disabled':
      return {}
    default:
      beyond('thinking', thinking)
      return {}
  }
}

function readStop(body: JsonObject): readonly string[] | undefined {
  const stop = maybe('list', body, 'stop_sequences', '')
  return stop && textsIn(stop, 'stop_sequences')
}

/** In OpenAI's words: `standard_only` is its `default`. */
function readTier(body: JsonObject): string | undefined {
  const tier = maybe('text', body, 'service_tier', '')
  return tier === 'standard_only' ? 'default' : tier
}

function readUser(body: JsonObject, { beyond }: Reading): string | undefined {
  const metadata = maybe('object', body, 'metadata', '')
  for (const [name, value] of Object.entries(metadata ?? {})) {
    if (name !== 'user_id' && value !== undefined) beyond(`metadata.${name}`, value)
  }
  return isObject(metadata) ? maybe('text', metadata, 'user_id', 'metadata') : undefined
}
