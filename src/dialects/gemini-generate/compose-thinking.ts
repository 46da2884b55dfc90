import type { Chat, Effort, Reasoning } from '../../model/chat.ts'
import { budgetOf } from '../../model/effort.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Composing } from './compose-parts.ts'
import { filled } from './extras.ts'
import { type Traits, traitsOf } from './models.ts'

/** `thinkingConfig`: as a caller of this dialect said it, and as this model takes it where another dialect's said it. */
export function composeThinking({ reasoning }: Chat, of: Composing): JsonObject | undefined {
  if (!reasoning) return undefined
  return filled(of.extras.own ? asSaid(reasoning) : asTaken(reasoning, traitsOf(of.aim.model), of))
}

const asSaid = ({ effort, budget, shown }: Reasoning): JsonObject => ({
  thinkingLevel: effort?.toUpperCase(),
  thinkingBudget: budget,
  includeThoughts: shown,
})

function asTaken(reasoning: Reasoning, traits: Traits, of: Composing): JsonObject {
  const shown = reasoning.shown ?? (reasoning.summary === undefined ? undefined : true)
  const off = budgetOf(reasoning) === 0
  if (traits.thinks === 'no') {
    if (!off && (shown === true || isWish(reasoning))) of.lost.push('reasoning')
    return {}
  }
  // Thoughts may be asked for only where there are some.
  if (off && traits.off) return { thinkingBudget: 0 }
  return { ...depth(reasoning, traits, of), includeThoughts: shown }
}

const isWish = ({ effort, budget }: Reasoning): boolean => effort !== undefined || budget !== undefined

/** Levels where the model has them, unless a number of tokens was named; both together are refused. */
function depth(reasoning: Reasoning, traits: Traits, of: Composing): JsonObject {
  const { effort, budget } = reasoning
  const wished = budget === 0 ? 'none' : effort
  if (traits.thinks === 'level' && wished !== undefined && (budget ?? 0) <= 0) return level(wished, traits, of)
  return { thinkingBudget: fitting(budgetOf(reasoning), traits, of) }
}

function fitting(budget: number | undefined, { least, most }: Traits, { lost }: Composing): number | undefined {
  if (budget === undefined || budget < 0) return budget
  const fits = Math.min(Math.max(budget, least), most)
  if (fits !== budget) lost.push('reasoning')
  return fits
}

const ladder: readonly Effort[] = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']

/** The level itself, or the next above it (ai.google.dev/gemini-api/docs/gemini-3#openai_compatibility), or the highest. */
function level(effort: Effort, { levels }: Traits, { lost }: Composing): JsonObject {
  const wished = ladder.indexOf(effort)
  const taken = levels.find(each => ladder.indexOf(each) >= wished) ?? levels.at(-1)
  if (taken !== effort) lost.push('reasoning')
  return { thinkingLevel: taken?.toUpperCase() }
}
