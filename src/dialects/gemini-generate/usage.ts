import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import type { Usage } from '../../model/usage.ts'
import { count } from '../told.ts'

/**
 * A usage report on Gemini's wire, in disjoint buckets; undefined if it counts nothing (Vertex tells its traffic type in
 * every chunk and the counts in the last). The prompt includes what was cached; thoughts and what tools brought are counted
 * beside the rest, and the reply's own count is missing where there were thoughts alone.
 */
export function readUsage(wire: Json | undefined): Usage | undefined {
  if (!isObject(wire)) return undefined
  const prompt = count(wire.promptTokenCount)
  const output = count(wire.candidatesTokenCount)
  const reasoning = count(wire.thoughtsTokenCount)
  if (prompt === undefined && output === undefined && reasoning === undefined) return undefined
  const cacheRead = Math.min(prompt ?? 0, count(wire.cachedContentTokenCount) ?? 0)
  return {
    input: (prompt ?? 0) - cacheRead + (count(wire.toolUsePromptTokenCount) ?? 0),
    cacheRead,
    cacheWrite: 0,
    output: output ?? 0,
    reasoning: reasoning ?? 0,
  }
}

/** What a report says beyond the buckets, for this dialect's own callers. `toolUsePromptTokenCount` is in `input` as well. */
export function usageDetails(wire: Json | undefined): JsonObject {
  if (!isObject(wire)) return {}
  return Object.fromEntries(Object.entries(wire).filter(([name]) => !counted.has(name)))
}

const counted: ReadonlySet<string> = new Set([
  'promptTokenCount',
  'cachedContentTokenCount',
  'candidatesTokenCount',
  'thoughtsTokenCount',
  'totalTokenCount',
  'serviceTier',
])

/** `usageMetadata`; undefined if there is nothing to report. */
export function writeUsage(
  usage: Usage | undefined,
  tier: string | undefined,
  details: JsonObject,
): JsonObject | undefined {
  if (usage) return counts(usage, tier, details)
  return Object.keys(details).length > 0 ? details : undefined
}

/** Counts that are nothing are left out, as the wire does, but for those that SDKs add up. */
function counts(usage: Usage, tier: string | undefined, details: JsonObject): JsonObject {
  const { input, cacheRead, cacheWrite, output, reasoning } = usage
  const tools = Math.min(input, count(details.toolUsePromptTokenCount) ?? 0)
  const spoken = writeTier(tier)
  return {
    promptTokenCount: input + cacheRead + cacheWrite - tools,
    candidatesTokenCount: output,
    totalTokenCount: input + cacheRead + cacheWrite + output + reasoning,
    ...(cacheRead > 0 ? { cachedContentTokenCount: cacheRead } : {}),
    ...(reasoning > 0 ? { thoughtsTokenCount: reasoning } : {}),
    ...(spoken === undefined ? {} : { serviceTier: spoken }),
    ...details,
  }
}

/** Service tiers: the usual one is called `default` in OpenAI's terms, which the model uses. */
const tiers: Readonly<Record<string, string>> = {
  default: 'standard',
  standard: 'standard',
  flex: 'flex',
  priority: 'priority',
}

/** Gemini's name of a tier; undefined if it has none. */
export const writeTier = (tier: string | undefined): string | undefined =>
  tier !== undefined && Object.hasOwn(tiers, tier) ? tiers[tier] : undefined

/** The tier that a wire's name means; undefined if it says nothing. */
export function readTier(wire: Json | undefined): string | undefined {
  if (typeof wire !== 'string') return undefined
  const tier = wire.toLowerCase()
  if (tier === '' || tier === 'unspecified') return undefined
  return tier === 'standard' ? 'default' : tier
}
