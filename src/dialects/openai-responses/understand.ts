import type { Chat, Effort, Message, OutputFormat, Reasoning } from '../../model/chat.ts'
import type { Json, JsonObject } from '../../model/json.ts'
import { beyond, count, flag, isSaid, list, maybe, name, number, object, schema, text, whole } from '../check.ts'
import { dialectId } from './id.ts'
import { includes } from './nouns.ts'
import { readInput } from './understand-messages.ts'
import { readToolChoice, readTools } from './understand-tools.ts'

/** All that a request of the Responses API says. What has no noun goes into the extras, under its own name. */
export function understand(body: JsonObject): Chat {
  const settings = maybe(object, body.text, 'text') ?? {}
  const thinking = maybe(object, body.reasoning, 'reasoning') ?? {}
  const { tools, extras: toolExtras } = readTools(body.tools)
  const toolChoice = readToolChoice(body.tool_choice)
  const format = readFormat(settings.format)
  return {
    messages: [...readInstructions(body.instructions), ...readInput(body.input, isStored(body))],
    tools,
    toolChoice,
    parallelTools: maybe(flag, body.parallel_tool_calls, 'parallel_tool_calls'),
    format,
    reasoning: readReasoning(thinking),
    maxTokens: maybe(whole, body.max_output_tokens, 'max_output_tokens'),
    temperature: maybe(number, body.temperature, 'temperature'),
    topP: maybe(number, body.top_p, 'top_p'),
    presencePenalty: maybe(number, body.presence_penalty, 'presence_penalty'),
    frequencyPenalty: maybe(number, body.frequency_penalty, 'frequency_penalty'),
    logprobs: readLogprobs(body),
    verbosity: maybe(text, settings.verbosity, 'text.verbosity'),
    serviceTier: maybe(text, body.service_tier, 'service_tier'),
    metadata: maybe(object, body.metadata, 'metadata'),
    user: maybe(text, body.user, 'user') ?? maybe(text, body.safety_identifier, 'safety_identifier'),
    store: maybe(flag, body.store, 'store'),
    cacheKey: maybe(text, body.prompt_cache_key, 'prompt_cache_key'),
    cacheRetention: maybe(text, body.prompt_cache_retention, 'prompt_cache_retention'),
    extras: {
      dialect: dialectId,
      fields: {
        ...Object.fromEntries(beyond(body, known)),
        ...restOfInclude(body.include),
        ...(isSaid(body.user) && isSaid(body.safety_identifier) ? { safety_identifier: body.safety_identifier } : {}),
        ...(isSaid(body.tool_choice) && !toolChoice ? { tool_choice: body.tool_choice } : {}),
        ...(isSaid(settings.format) && !format ? { 'text.format': settings.format } : {}),
        ...Object.fromEntries(beyond(settings, textFields, 'text.')),
        ...Object.fromEntries(beyond(thinking, reasoningFields, 'reasoning.')),
        ...unknownEffort(thinking),
        ...toolExtras,
      },
      form: formOf(body),
    },
  }
}

/** The fields that are read above. */
const known: ReadonlySet<string> = new Set([
  'model',
  'stream',
  'input',
  'instructions',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'text',
  'reasoning',
  'max_output_tokens',
  'temperature',
  'top_p',
  'presence_penalty',
  'frequency_penalty',
  'top_logprobs',
  'include',
  'stream_options',
  'service_tier',
  'metadata',
  'user',
  'safety_identifier',
  'store',
  'prompt_cache_key',
  'prompt_cache_retention',
])
const textFields: ReadonlySet<string> = new Set(['format', 'verbosity'])
const reasoningFields: ReadonlySet<string> = new Set(['effort', 'summary', 'generate_summary', 'max_tokens'])

/** Earlier turns are kept at the provider, so a result may stand here without its call. */
const isStored = (body: JsonObject): boolean => isSaid(body.previous_response_id) || isSaid(body.conversation)

/** Its place tells it from a system's message in `input`: OpenAI does not keep it for the next turn. */
function readInstructions(value: Json | undefined): readonly Message[] {
  const words = maybe(text, value, 'instructions')
  const at = 'instructions'
  return words === undefined || words === '' ? [] : [{ role: 'system', parts: [{ type: 'text', text: words, at }], at }]
}

/** A kind of format that is not known here is the provider's to judge. */
function readFormat(value: Json | undefined): OutputFormat | undefined {
  const format = maybe(object, value, 'text.format')
  if (!format) return undefined
  const type = name(format.type, 'text.format.type')
  if (type === 'text') return { type }
  if (type === 'json_object') return { type: 'json' }
  if (type !== 'json_schema') return undefined
  return {
    type: 'schema',
    schema: schema(format.schema, 'text.format.schema'),
    name: maybe(name, format.name, 'text.format.name'),
    description: maybe(text, format.description, 'text.format.description'),
    strict: maybe(flag, format.strict, 'text.format.strict'),
  }
}

const efforts: ReadonlySet<string> = new Set([
  'none',
  'minimal',
  'low',
  'medium',
  'high',
  'xhigh',
  'max',
] satisfies Effort[])

const isEffort = (value: Json | undefined): value is Effort => typeof value === 'string' && efforts.has(value)

function readReasoning(thinking: JsonObject): Reasoning | undefined {
  maybe(text, thinking.effort, 'reasoning.effort')
  const summary = maybe(text, thinking.summary ?? thinking.generate_summary, 'reasoning.summary')
  const budget = maybe(whole, thinking.max_tokens, 'reasoning.max_tokens')
  const reasoning = {
    ...(isEffort(thinking.effort) ? { effort: thinking.effort } : {}),
    ...(budget === undefined ? {} : { budget }),
    ...(summary === undefined ? {} : { summary }),
  }
  return Object.keys(reasoning).length === 0 ? undefined : reasoning
}

/** An effort that is newer than this list. */
const unknownEffort = ({ effort }: JsonObject): JsonObject =>
  isSaid(effort) && !isEffort(effort) ? { 'reasoning.effort': effort } : {}

function readLogprobs({ include, top_logprobs: top }: JsonObject): Chat['logprobs'] {
  const most = maybe(count, top, 'top_logprobs')
  const asked = Array.isArray(include) && include.includes(includes.logprobs)
  return asked || most !== undefined ? { top: most ?? 0 } : undefined
}

/** What is left of `include` when what has a noun, and what our own replies do by themselves, is taken out. */
function restOfInclude(value: Json | undefined): JsonObject {
  const nouns: readonly Json[] = Object.values(includes)
  const rest = (maybe(list, value, 'include') ?? []).filter(entry => !nouns.includes(entry))
  return rest.length === 0 ? {} : { include: rest }
}

/** Sealed thoughts come with every reply that has some, and nothing that we write is padded against listeners. */
function formOf({ include, stream_options }: JsonObject): JsonObject | undefined {
  const thoughts = Array.isArray(include) && include.includes(includes.thoughts)
  const form = {
    ...(thoughts ? { include: [includes.thoughts] } : {}),
    ...(isSaid(stream_options) ? { stream_options } : {}),
  }
  return Object.keys(form).length === 0 ? undefined : form
}
