import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import type { Usage } from '../../model/usage.ts'
import { count, outputs } from '../told.ts'

/**
 * A usage report on OpenAI's wire, in disjoint buckets; undefined if it counts nothing (Databricks sends nulls until
 * the last chunk). Cached tokens are part of `prompt_tokens` with every provider seen.
 */
export function readUsage(wire: Json | undefined): Usage | undefined {
  if (!isObject(wire)) return undefined
  const prompt = count(wire.prompt_tokens)
  const completion = count(wire.completion_tokens)
  if (prompt === undefined && completion === undefined) return undefined
  const cacheRead = Math.min(prompt ?? 0, cached(wire))
  const cacheWrite = Math.min((prompt ?? 0) - cacheRead, written(wire))
  return {
    input: (prompt ?? 0) - cacheRead - cacheWrite,
    cacheRead,
    cacheWrite,
    ...outputs(prompt ?? 0, completion ?? 0, count(wire.total_tokens), thought(wire)),
  }
}

/** OpenAI and most · DeepSeek · Together, Hugging Face · Mistral · Venice, Databricks. */
const cached = (wire: JsonObject): number =>
  count(details(wire.prompt_tokens_details).cached_tokens) ??
  count(wire.prompt_cache_hit_tokens) ??
  count(wire.cached_tokens) ??
  count(wire.num_cached_tokens) ??
  count(wire.cache_read_input_tokens) ??
  0

const written = (wire: JsonObject): number =>
  count(details(wire.prompt_tokens_details).cache_write_tokens) ?? count(wire.cache_creation_input_tokens) ?? 0

const thought = (wire: JsonObject): number =>
  count(details(wire.completion_tokens_details).reasoning_tokens) ?? count(wire.reasoning_tokens) ?? 0

const details = (value: Json | undefined): JsonObject => (isObject(value) ? value : {})

/** What a call cost in tokens, for a caller: cached tokens are part of the prompt, thoughts of the completion. */
export function writeUsage({ input, cacheRead, cacheWrite, output, reasoning }: Usage): JsonObject {
  const prompt = input + cacheRead + cacheWrite
  const completion = output + reasoning
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: cacheRead, ...(cacheWrite > 0 && { cache_write_tokens: cacheWrite }) },
    completion_tokens_details: { reasoning_tokens: reasoning },
  }
}

const tiers: ReadonlyMap<string, string> = new Map([
  ...['auto', 'default', 'flex', 'scale', 'priority'].map((tier): [string, string] => [tier, tier]),
  // Anthropic's and Groq's names for the usual one.
  ['standard', 'default'],
  ['on_demand', 'default'],
])

/** The tier that answered; left out where OpenAI has no name for it. */
export function writeTier(tier: string | undefined): JsonObject {
  const known = tier === undefined ? undefined : tiers.get(tier)
  return known === undefined ? {} : { service_tier: known }
}
