import type { Chat, Effort, Reasoning } from '../../model/chat.ts'
import { budgetOf, effortOf } from '../../model/effort.ts'
import type { JsonObject } from '../../model/json.ts'
import { fittingBudget } from '../claude-budget.ts'
import type { Turns } from './compose-messages.ts'
import { forces } from './compose-tools.ts'
import type { Traits } from './models.ts'
import type { Telling } from './telling.ts'

/** How the model is to think: `thinking` and `output_config.effort`. */
export type Thinking = {
  readonly thinking?: JsonObject
  readonly effort?: Effort
  /** Tokens that the thoughts may take, where they are counted. */
  readonly budget?: number
}

export function writeThinking(chat: Chat, turns: Turns, telling: Telling): Thinking {
  const { reasoning } = chat
  if (!reasoning) return {}
  if (telling.own) return ownWish(reasoning, leftOut(chat, telling) && startedWithoutThoughts(turns.turns), telling)
  if (isOff(reasoning)) return withoutThinking(telling)
  if (telling.traits.thinks !== 'no' && !hinders(chat, turns, telling.traits)) return asWished(chat, reasoning, telling)
  telling.lose('reasoning')
  return {}
}

const isOff = (reasoning: Reasoning): boolean => budgetOf(reasoning) === 0

/** As it was said, unless thoughts of another model, which had to be left out, began the turn that is to be gone on with. */
function ownWish(reasoning: Reasoning, orphaned: boolean, { lose }: Telling): Thinking {
  const said = asSaid(reasoning)
  if (said.thinking?.type !== 'enabled' || !orphaned) return said
  lose('reasoning')
  return said.effort === undefined ? {} : { effort: said.effort }
}

/** Whether the assistant's last turn began with a thought that this model cannot be given. */
function leftOut({ messages }: Chat, { open }: Telling): boolean {
  const first = messages.findLast(({ role }) => role === 'assistant')?.parts[0]
  return first?.type === 'reasoning' && open(first.seal) === undefined
}

function asSaid({ effort, budget, shown }: Reasoning): Thinking {
  if (effort === 'none' || budget === 0) return { thinking: { type: 'disabled' } }
  const display = shown === undefined ? {} : { display: shown ? 'summarized' : 'omitted' }
  return {
    ...(budget === undefined ? {} : { thinking: { ...ofBudget(budget), ...display } }),
    ...(effort === undefined ? {} : { effort }),
  }
}

const ofBudget = (budget: number): JsonObject =>
  budget < 0 ? { type: 'adaptive' } : { type: 'enabled', budget_tokens: budget }

/** Models that always think are asked to do so as little as they can. */
function withoutThinking({ traits, lose }: Telling): Thinking {
  if (traits.off === 'said') return { thinking: { type: 'disabled' } }
  if (traits.off === 'unasked') return {}
  lose('reasoning')
  return { effort: 'low' }
}

/**
 * Whether the rest of the request rules out thinking, which Anthropic would refuse: a tool is forced, the reply has been
 * begun, or the model is in the middle of a turn whose first thoughts another model had.
 */
function hinders({ toolChoice }: Chat, { turns }: Turns, { thinks, forced }: Traits): boolean {
  if (forces(toolChoice) && forced) return true
  if (turns.at(-1)?.role === 'assistant') return true
  return thinks !== 'effort' && startedWithoutThoughts(turns)
}

function startedWithoutThoughts(turns: Turns['turns']): boolean {
  const answersTools = turns.at(-1)?.content.some(({ type }) => type === 'tool_result') ?? false
  const first = turns.findLast(({ role }) => role === 'assistant')?.content[0]?.type
  return answersTools && first !== 'thinking' && first !== 'redacted_thinking'
}

/** As much as the model likes, where it has to be a number: what a middling effort amounts to. */
const freeBudget = 8192

function asWished({ maxTokens }: Chat, reasoning: Reasoning, telling: Telling): Thinking {
  const { thinks, efforts, most } = telling.traits
  const budget = budgetOf(reasoning) ?? -1
  if (thinks === 'budget' || (thinks === 'either' && reasoning.budget !== undefined && budget > 0))
    return budgeted(reasoning, fittingBudget(budget < 0 ? freeBudget : budget, maxTokens ?? most), telling)
  const wished = effortOf(reasoning)
  const effort = wished && nearest(wished, efforts)
  // OpenAI's `minimal` has always been the same as its `low` elsewhere.
  if (effort !== wished && wished !== 'minimal') telling.lose('reasoning')
  const shown = reasoning.shown ?? (reasoning.summary === undefined ? undefined : true)
  const display = shown === undefined ? {} : { display: shown ? 'summarized' : 'omitted' }
  return { thinking: { type: 'adaptive', ...display }, ...(effort === undefined ? {} : { effort }) }
}

/** An effort is no number of tokens, and has lost nothing where the reply's length leaves it fewer. */
function budgeted(reasoning: Reasoning, budget: number | undefined, { lose }: Telling): Thinking {
  if (budget === undefined) {
    lose('reasoning')
    return {}
  }
  if (budget < (reasoning.budget ?? 0)) lose('reasoning.budget')
  return { thinking: ofBudget(budget), budget }
}

const ladder: readonly Effort[] = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']

/** The effort itself, or the next lower one that the model knows. */
function nearest(effort: Effort, known: readonly Effort[]): Effort | undefined {
  const lower = ladder.slice(0, ladder.indexOf(effort) + 1).findLast(each => known.includes(each))
  return lower ?? known[0]
}
