import type { Answer } from '../../model/answer.ts'
import type { StopReason } from '../../model/delta.ts'
import type { Json, JsonObject } from '../../model/json.ts'
import { modelOf } from '../../model/sealed.ts'
import type { Usage } from '../../model/usage.ts'
import type { Making } from '../dialect.ts'
import { dialectId } from './id.ts'
import { tiers } from './nouns.ts'
import { responseId } from './response-id.ts'
import { writeUsage } from './usage.ts'

/** What is known of a reply by now. */
export type Facts = {
  readonly status: Status
  readonly output: readonly JsonObject[]
  readonly model?: string | undefined
  readonly created?: number | undefined
  readonly usage?: Usage | undefined
  readonly tier?: string | undefined
  readonly extras?: Answer['extras']
  readonly error?: JsonObject | undefined
}

export type Status = {
  readonly status: 'in_progress' | 'completed' | 'incomplete' | 'failed'
  readonly reason?: 'max_output_tokens' | 'content_filter'
}

/**
 * The `response` object, whole: every field that the schema requires is there, those of the request as the caller wrote
 * them, or as OpenAI tells a request that left them out.
 */
export function writeResponse(facts: Facts, making: Making): JsonObject {
  const { status, output, created, model, usage, tier, extras, error } = facts
  const { body, maker } = making
  // It may be the provider's word, whose clock may be ahead of ours.
  const began = created ?? making.created
  return {
    id: responseId(making),
    object: 'response',
    created_at: began,
    status: status.status,
    completed_at: status.status === 'completed' ? Math.max(began, making.now?.() ?? began) : null,
    error: error ?? null,
    incomplete_details: status.reason ? { reason: status.reason } : null,
    model: model ?? modelOf(maker),
    output,
    ...repeated(body),
    service_tier: tierOf(tier ?? body.service_tier),
    usage: usage ? writeUsage(usage) : null,
    ...(extras?.dialect === dialectId ? extras.fields : {}),
  }
}

/** A provider's own word is mostly one for the usual tier (Groq's `on_demand`). */
const tierOf = (tier: Json | undefined): Json => (tier !== undefined && tiers.has(tier) ? tier : 'default')

/** Fields of the request that the response repeats, and what is told of one that has them not: of `store` what is true. */
const defaults: Readonly<Record<string, Json>> = {
  background: false,
  frequency_penalty: 0,
  instructions: null,
  max_output_tokens: null,
  max_tool_calls: null,
  metadata: {},
  parallel_tool_calls: true,
  presence_penalty: 0,
  previous_response_id: null,
  prompt_cache_key: null,
  prompt_cache_retention: null,
  safety_identifier: null,
  store: false,
  temperature: 1,
  tool_choice: 'auto',
  top_logprobs: 0,
  top_p: 1,
  truncation: 'disabled',
  user: null,
}

function repeated(body: JsonObject): JsonObject {
  const fields: Record<string, Json | undefined> = {}
  for (const name of Object.keys(defaults)) fields[name] = body[name] ?? defaults[name]
  return {
    ...fields,
    reasoning: { effort: null, summary: null, ...asObject(body.reasoning) },
    text: { ...asObject(body.text), format: wholeFormat(asObject(body.text).format) },
    tools: (Array.isArray(body.tools) ? body.tools : []).map(wholeTool),
  }
}

const asObject = (value: Json | undefined): JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {}

function wholeFormat(format: Json | undefined): JsonObject {
  const fields = asObject(format)
  if (fields.type !== 'json_schema') return { type: 'text', ...fields }
  return { ...fields, description: fields.description ?? null, strict: fields.strict ?? false }
}

/** A function is told with all its fields, also those that the caller left out. */
function wholeTool(tool: Json): Json {
  const fields = asObject(tool)
  if (fields.type !== 'function') return tool
  return {
    ...fields,
    description: fields.description ?? null,
    parameters: fields.parameters ?? null,
    strict: fields.strict ?? null,
  }
}

/** How a reply ended, in this API's words. It has no word for one that its own tools broke off: it is to be continued. */
export function statusOf(reason: StopReason | undefined, refused: boolean): Status {
  switch (reason) {
    case 'length':
    case 'context':
    case 'paused':
      return { status: 'incomplete', reason: 'max_output_tokens' }
    case 'filtered':
      return { status: 'incomplete', reason: 'content_filter' }
    case 'refused':
      // A model's refusal is told in its words. One without words is told as a filter's.
      return refused ? { status: 'completed' } : { status: 'incomplete', reason: 'content_filter' }
    case 'malformed':
      return { status: 'failed' }
    case 'end':
    case 'sequence':
    case 'tools':
    case 'other':
    case undefined:
      return { status: 'completed' }
    default:
      return reason satisfies never
  }
}

/** Why a reply failed that ended by itself. */
export const malformed: JsonObject = {
  code: 'server_error',
  message: 'The model wrote a tool call that cannot be read. Ask again.',
}
