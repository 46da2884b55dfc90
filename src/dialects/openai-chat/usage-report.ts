import type { JsonObject } from '../../model/json.ts'
import type { Usage } from '../../model/usage.ts'

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
