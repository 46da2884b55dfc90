import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import type { Usage } from '../../model/usage.ts'

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

/**
 * OpenAI counts reasoning inside `completion_tokens`; xAI, Vercel and Gemini's compatible endpoint beside it. The total
 * tells the first two, reasoning that exceeds the completion the third, and Gemini names no reasoning at all: what the
 * total has more than its parts is reasoning.
 */
function outputs(prompt: number, completion: number, total: number | undefined, reasoning: number) {
  const beyond = Math.max(0, (total ?? 0) - prompt - completion)
  if (beyond > 0) return { output: completion, reasoning: beyond }
  if (reasoning > completion) return { output: completion, reasoning }
  return { output: completion - reasoning, reasoning }
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

/** A token count; some providers write numbers as strings. */
function count(value: Json | undefined): number | undefined {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) && number >= 0 ? Math.round(number) : undefined
}
