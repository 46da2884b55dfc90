import type { Effort, Reasoning } from './chat.ts'

/** Google's own equivalence of OpenAI's efforts and its budgets (ai.google.dev/gemini-api/docs/openai, "Thinking"). */
const budgets: Readonly<Record<Effort, number>> = {
  none: 0,
  minimal: 1024,
  low: 1024,
  medium: 8192,
  high: 24_576,
  xhigh: 32_768,
  max: 65_536,
}

/** The thinking budget in tokens that a wish amounts to; undefined if the caller left it to the model. */
export function budgetOf({ effort, budget }: Reasoning): number | undefined {
  if (budget !== undefined) return budget
  return effort === undefined ? undefined : budgets[effort]
}

/** The effort that a wish amounts to; undefined if the caller left it to the model. */
export function effortOf({ effort, budget }: Reasoning): Effort | undefined {
  if (effort !== undefined) return effort
  if (budget === undefined || budget < 0) return undefined
  if (budget === 0) return 'none'
  if (budget <= 4096) return 'low'
  return budget <= 16_384 ? 'medium' : 'high'
}
