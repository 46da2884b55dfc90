import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import type { Usage } from '../../model/usage.ts'
import { count } from '../told.ts'

/**
 * Usage on Anthropic's wire. `input_tokens` leaves out what was read from the cache or written to it; thoughts are part
 * of `output_tokens`. In a stream it is told twice, and the later report repeats and outgrows the earlier one.
 */

const counters = ['input_tokens', 'cache_read_input_tokens', 'cache_creation_input_tokens', 'output_tokens'] as const
const nouns: ReadonlySet<string> = new Set([...counters, 'output_tokens_details', 'service_tier'])

/** What two reports of one reply say together: nothing is added, and a null or a zero does not undo a count. */
export function laterUsage(before: JsonObject | undefined, wire: Json | undefined): JsonObject | undefined {
  if (!isObject(wire)) return before
  const said = Object.entries(wire).filter(([, value]) => value !== null)
  const most = counters.flatMap(name => {
    const known = [count(before?.[name]), count(wire[name])].filter(value => value !== undefined)
    return known.length === 0 ? [] : [[name, Math.max(...known)]]
  })
  return { ...before, ...Object.fromEntries(said), ...(Object.fromEntries(most) as JsonObject) }
}

/** A report in disjoint buckets; undefined if it counts nothing. */
export function readUsage(wire: Json | undefined): Usage | undefined {
  if (!isObject(wire) || counters.every(name => count(wire[name]) === undefined)) return undefined
  const output = count(wire.output_tokens) ?? 0
  const details = isObject(wire.output_tokens_details) ? wire.output_tokens_details : {}
  const reasoning = Math.min(output, count(details.thinking_tokens) ?? 0)
  return {
    input: count(wire.input_tokens) ?? 0,
    cacheRead: count(wire.cache_read_input_tokens) ?? 0,
    cacheWrite: count(wire.cache_creation_input_tokens) ?? 0,
    output: output - reasoning,
    reasoning,
  }
}

/** The tier that answered, in OpenAI's word where there are two. */
export function readTier(wire: Json | undefined): string | undefined {
  const tier = isObject(wire) ? wire.service_tier : undefined
  return tier === 'standard' ? 'default' : typeof tier === 'string' ? tier : undefined
}

const tiers: ReadonlySet<string> = new Set(['standard', 'priority', 'batch'])

const writeTier = (tier: string | undefined): string | null => {
  const word = tier === 'default' ? 'standard' : tier
  return word !== undefined && tiers.has(word) ? word : null
}

/** What a report says beyond our buckets: searches, lifetimes of cached tokens. */
export function beyondUsage(wire: Json | undefined): JsonObject | undefined {
  if (!isObject(wire)) return undefined
  const rest = Object.entries(wire).filter(([name, value]) => !nouns.has(name) && value !== null)
  return rest.length === 0 ? undefined : Object.fromEntries(rest)
}

const none: Usage = { input: 0, cacheRead: 0, cacheWrite: 0, output: 0, reasoning: 0 }

/** The report of a stream's last event. `tier` is given where it was not known at the beginning, which has its place. */
export const writeLastUsage = (
  usage: Usage | undefined,
  tier: string | undefined,
  beyond: JsonObject = {},
): JsonObject => ({
  server_tool_use: null,
  ...beyond,
  ...counted(usage ?? none),
  ...(tier === undefined ? {} : { service_tier: writeTier(tier) }),
})

/** A whole report, with every field that the schema requires. */
export const writeUsage = (
  usage: Usage | undefined,
  tier: string | undefined,
  beyond: JsonObject = {},
): JsonObject => ({
  cache_creation: null,
  inference_geo: null,
  server_tool_use: null,
  ...beyond,
  ...counted(usage ?? none),
  service_tier: writeTier(tier),
})

const counted = ({ input, cacheRead, cacheWrite, output, reasoning }: Usage): JsonObject => ({
  input_tokens: input,
  cache_creation_input_tokens: cacheWrite,
  cache_read_input_tokens: cacheRead,
  output_tokens: output + reasoning,
  output_tokens_details: reasoning === 0 ? null : { thinking_tokens: reasoning },
})
