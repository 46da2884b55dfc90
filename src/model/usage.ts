/**
 * Tokens of one call in disjoint buckets: each token is counted in exactly one, so they can be priced and summed.
 * On OpenAI's wire `prompt_tokens` is input + cacheRead + cacheWrite, and `completion_tokens` is output + reasoning.
 */
export type Usage = {
  readonly input: number
  readonly cacheRead: number
  readonly cacheWrite: number
  readonly output: number
  readonly reasoning: number
}

/** What several calls used together. */
export const total = (usages: readonly Usage[]): Usage =>
  usages.reduce((sum, each) => ({
    input: sum.input + each.input,
    cacheRead: sum.cacheRead + each.cacheRead,
    cacheWrite: sum.cacheWrite + each.cacheWrite,
    output: sum.output + each.output,
    reasoning: sum.reasoning + each.reasoning,
  }))
