import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import type { Usage } from '../../model/usage.ts'
import { count, outputs } from '../told.ts'

/** A usage report of the Responses API, in disjoint buckets; undefined if it counts nothing. */
export function readUsage(wire: Json | undefined): Usage | undefined {
  if (!isObject(wire)) return undefined
  const input = count(wire.input_tokens)
  const output = count(wire.output_tokens)
  if (input === undefined && output === undefined) return undefined
  const { cached_tokens: cached, cache_write_tokens: written } = details(wire.input_tokens_details)
  const cacheRead = Math.min(input ?? 0, count(cached) ?? 0)
  const cacheWrite = Math.min((input ?? 0) - cacheRead, count(written) ?? 0)
  const reasoning = count(details(wire.output_tokens_details).reasoning_tokens) ?? 0
  return {
    input: (input ?? 0) - cacheRead - cacheWrite,
    cacheRead,
    cacheWrite,
    ...outputs(input ?? 0, output ?? 0, count(wire.total_tokens), reasoning),
  }
}

const details = (value: Json | undefined): JsonObject => (isObject(value) ? value : {})

export function writeUsage({ input, cacheRead, cacheWrite, output, reasoning }: Usage): JsonObject {
  const inputs = input + cacheRead + cacheWrite
  return {
    input_tokens: inputs,
    input_tokens_details: { cached_tokens: cacheRead, cache_write_tokens: cacheWrite },
    output_tokens: output + reasoning,
    output_tokens_details: { reasoning_tokens: reasoning },
    total_tokens: inputs + output + reasoning,
  }
}
