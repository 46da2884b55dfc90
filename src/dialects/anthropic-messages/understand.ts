import type { Chat, Effort, Message, OutputFormat, Reasoning } from '../../model/chat.ts'
import { Fault } from '../../model/fault.ts'
import type { Json, JsonObject } from '../../model/json.ts'
import { beyond, each, invalid, isSaid, maybe, number, object, schema, text, texts, whole } from '../check.ts'
import { dialectId } from './id.ts'
import { type Reading, readContent } from './read-block.ts'
import { broughtByCaller } from './seals.ts'
import { readChoice, readTools } from './understand-tools.ts'

/** A request in full. Fields without a noun go into `extras` by their path; a null is a field that is not there. */
export function understand(body: JsonObject): Chat {
  if (isSaid(body.thread)) throw threadless()
  const fields: Record<string, Json> = {}
  const reading: Reading = {
    placed: true,
    origin: broughtByCaller,
    calls: new Map(),
    note: (at, value) => {
      fields[at] = value
    },
  }
  for (const [name, value] of beyond(body, understood)) reading.note(name, value)
  return {
    messages: [...readSystem(body, reading), ...readMessages(body, reading)],
    tools: readTools(body, reading.note),
    ...readChoice(body),
    format: readFormat(body, reading),
    reasoning: readReasoning(body, reading),
    maxTokens: maybe(whole, body.max_tokens, 'max_tokens'),
    temperature: maybe(number, body.temperature, 'temperature'),
    topP: maybe(number, body.top_p, 'top_p'),
    topK: maybe(whole, body.top_k, 'top_k'),
    stop: maybe(texts, body.stop_sequences, 'stop_sequences'),
    serviceTier: readTier(body),
    user: readUser(body, reading),
    extras: { dialect: dialectId, fields },
  }
}

/** What was said before is kept by Anthropic alone, and a reply of another's would be the end of the thread. */
const threadless = (): Fault =>
  new Fault(
    'invalid_request',
    "The model's provider keeps no threads: leave 'thread' out, and send the whole conversation each time.",
    { param: 'thread' },
  )

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

const messageFields: ReadonlySet<string> = new Set(['role', 'content'])

const roles = ['user', 'assistant', 'system'] as const

function readMessages(body: JsonObject, reading: Reading): readonly Message[] {
  return each(body.messages, 'messages', (entry, at) => {
    const message = object(entry, at)
    const said = text(message.role, `${at}.role`)
    const role = roles.find(name => name === said)
    if (!role) throw invalid(`${at}.role`, "must be 'user', 'assistant' or 'system'", said)
    if (!isSaid(message.content)) throw invalid(`${at}.content`, 'is required', message.content)
    for (const [place, value] of beyond(message, messageFields, `${at}.`)) reading.note(place, value)
    const parts = readContent(message.content, `${at}.content`, reading)
    const odd = parts.find(({ type }) => type === (role === 'assistant' ? 'tool-result' : 'tool-call'))
    if (odd) throw invalid(odd.at ?? at, `does not belong in a message of the role '${role}'`, odd.type)
    return { role, parts, at }
  })
}

/** Structured output, where it is now and where it was first. */
function readFormat(body: JsonObject, { note }: Reading): OutputFormat | undefined {
  const config = maybe(object, body.output_config, 'output_config') ?? {}
  const place = config.format ? 'output_config.format' : 'output_format'
  const format =
    maybe(object, config.format, 'output_config.format') ?? maybe(object, body.output_format, 'output_format')
  if (!format) return undefined
  if (format.type === 'json_schema') return { type: 'schema', schema: schema(format.schema, `${place}.schema`) }
  note(place, format)
  return undefined
}

const configFields: ReadonlySet<string> = new Set(['effort', 'format'])
const metadataFields: ReadonlySet<string> = new Set(['user_id'])

const efforts: readonly string[] = ['low', 'medium', 'high', 'xhigh', 'max'] satisfies Effort[]

/**
 * `thinking` says whether and how much, `output_config.effort` how hard. Adaptive thinking is a budget as the model likes.
 * Where thinking is off, the effort is about the answer alone, and no other dialect has a word for that.
 */
function readReasoning(body: JsonObject, { note }: Reading): Reasoning | undefined {
  const config = maybe(object, body.output_config, 'output_config') ?? {}
  const thinking = maybe(object, body.thinking, 'thinking')
  for (const [place, value] of beyond(config, configFields, 'output_config.')) note(place, value)
  const effort = maybe(text, config.effort, 'output_config.effort')
  const off = thinking?.type === 'disabled'
  const known = effort !== undefined && efforts.includes(effort) && !off ? (effort as Effort) : undefined
  if (effort !== undefined && known === undefined) note('output_config.effort', effort)
  const wish = {
    ...(off ? { effort: 'none' as const } : known && { effort: known }),
    ...readThinking(thinking, note),
  }
  return Object.keys(wish).length === 0 ? undefined : wish
}

function readThinking(thinking: JsonObject | undefined, note: Reading['note']): Omit<Reasoning, 'effort'> {
  if (!thinking) return {}
  const { display } = thinking
  const shown = display === 'summarized' ? { shown: true } : display === 'omitted' ? { shown: false } : {}
  switch (text(thinking.type, 'thinking.type')) {
    case 'enabled':
      return { budget: whole(thinking.budget_tokens, 'thinking.budget_tokens'), ...shown }
    case 'adaptive':
      return { budget: -1, ...shown }
    case 'disabled':
      return {}
    default:
      note('thinking', thinking)
      return {}
  }
}

/** In OpenAI's words: `standard_only` is its `default`. */
function readTier(body: JsonObject): string | undefined {
  const tier = maybe(text, body.service_tier, 'service_tier')
  return tier === 'standard_only' ? 'default' : tier
}

function readUser(body: JsonObject, { note }: Reading): string | undefined {
  const metadata = maybe(object, body.metadata, 'metadata') ?? {}
  for (const [place, value] of beyond(metadata, metadataFields, 'metadata.')) note(place, value)
  return maybe(text, metadata.user_id, 'metadata.user_id')
}
