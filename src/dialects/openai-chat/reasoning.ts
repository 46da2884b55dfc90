import type { Effort, Reasoning } from '../../model/chat.ts'
import { effortOf } from '../../model/effort.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import { beyond, flag, isSaid, maybe, object, text, whole } from '../check.ts'
import type { Aim, Quirks } from '../dialect.ts'
import { type Fitted, fittedEffort } from '../openai-efforts.ts'

const efforts: readonly string[] = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] satisfies Effort[]

const isEffort = (word: string): word is Effort => efforts.includes(word)

/** Fields by which a caller says how much the model is to think. */
export const reasoningFields = [
  'reasoning_effort',
  'reasoning',
  'include_reasoning',
  'thinking',
  'enable_thinking',
  'thinking_budget',
] as const

/** OpenAI's effort, OpenRouter's object, the switches of DeepSeek, Z.ai and Moonshot, and of DashScope, as one wish. */
export function readReasoning(body: JsonObject): Reasoning | undefined {
  const wish = maybe(object, body.reasoning, 'reasoning') ?? {}
  const thinking = maybe(object, body.thinking, 'thinking') ?? {}
  const word = maybe(
    text,
    wish.effort ?? body.reasoning_effort,
    isSaid(wish.effort) ? 'reasoning.effort' : 'reasoning_effort',
  )
  const effort = word !== undefined && isEffort(word) ? word : undefined
  const exclude = maybe(flag, wish.exclude, 'reasoning.exclude')
  const found: Reasoning = {
    effort,
    budget: budgetIn(body, wish, thinking) ?? (effort === undefined ? switched(body, wish, thinking) : undefined),
    summary: maybe(text, wish.summary, 'reasoning.summary'),
    shown: exclude === undefined ? maybe(flag, body.include_reasoning, 'include_reasoning') : !exclude,
  }
  return Object.values(found).some(value => value !== undefined) ? found : undefined
}

const budgetIn = (body: JsonObject, wish: JsonObject, thinking: JsonObject): number | undefined =>
  maybe(whole, wish.max_tokens, 'reasoning.max_tokens') ??
  maybe(whole, thinking.budget_tokens, 'thinking.budget_tokens') ??
  maybe(whole, body.thinking_budget, 'thinking_budget')

/** Off is no tokens at all, on is as many as the model likes. */
function switched(body: JsonObject, wish: JsonObject, thinking: JsonObject): number | undefined {
  const on = maybe(flag, wish.enabled ?? body.enable_thinking, 'reasoning.enabled') ?? thinkingOn(thinking.type)
  return on === undefined ? undefined : on ? -1 : 0
}

const thinkingOn = (type: Json | undefined): boolean | undefined =>
  isSaid(type) ? text(type, 'thinking.type') !== 'disabled' : undefined

const wishes: ReadonlySet<string> = new Set(['effort', 'max_tokens', 'exclude', 'enabled', 'summary'])

/** A word for the effort that is none of ours (Groq's `default`) has no noun. */
export function otherReasoning({ reasoning_effort: effort, reasoning: wish }: JsonObject): JsonObject {
  return {
    ...(typeof effort === 'string' && !isEffort(effort) && { reasoning_effort: effort }),
    ...(isObject(wish) && Object.fromEntries(beyond(wish, wishes, 'reasoning.'))),
  }
}

/** A wish as a provider understands it, and which halves of it had no place. */
export type Wished = { readonly fields: JsonObject; readonly lost: readonly string[] }

const nowhere = (wish: Reasoning, ...halves: readonly (keyof Reasoning)[]): readonly string[] =>
  halves.filter(half => wish[half] !== undefined).map(half => `reasoning.${half}`)

type Way = NonNullable<Quirks['reasoningIn']> | 'reasoning_effort'

const ways: Readonly<Record<Way, (wish: Reasoning, fit: Fit) => Wished>> = {
  reasoning_effort: (wish, fit) => {
    const { effort, lost } = fit(wish)
    const unbound = effortOf(wish) === undefined ? (['budget'] as const) : []
    return {
      fields: effort === undefined ? {} : { reasoning_effort: effort },
      lost: [...lost, ...nowhere(wish, 'summary', 'shown', ...unbound)],
    }
  },
  reasoning: wish => ({ fields: { reasoning: { ...amount(wish), ...showing(wish) } }, lost: [] }),
  thinking: wish => {
    const effort = effortOf(wish)
    const level = effort === undefined || effort === 'none' ? {} : { reasoning_effort: effort }
    return { fields: { ...thinking(wish), ...level }, lost: nowhere(wish, 'summary', 'shown') }
  },
  enable_thinking: wish => {
    const lost = nowhere(wish, 'summary', 'shown', ...(wish.budget === undefined ? (['effort'] as const) : []))
    return {
      fields: enabling(wish),
      lost: wish.effort === 'none' ? lost.filter(half => half !== 'reasoning.effort') : lost,
    }
  },
}

/** How an effort is told to the model that is asked. */
type Fit = (wish: Reasoning) => Fitted

const asItIs: Fit = wish => ({ effort: effortOf(wish), lost: [] })

/** `own`: the wish was made in this dialect, of this model. Providers with ways of their own tell the model themselves. */
export const writeReasoning = (
  wish: Reasoning,
  { model, quirks }: Pick<Aim, 'model' | 'quirks'>,
  own: boolean,
): Wished => ways[quirks.reasoningIn ?? 'reasoning_effort'](wish, own ? asItIs : other => fittedEffort(other, model))

/** OpenRouter takes an effort or a number of tokens, not both. */
function amount({ effort, budget }: Reasoning): JsonObject {
  if (effort !== undefined) return { effort }
  if (budget === undefined) return {}
  if (budget <= 0) return { enabled: budget !== 0 }
  return { max_tokens: budget }
}

const showing = ({ summary, shown }: Reasoning): JsonObject => ({
  ...(summary === undefined ? {} : { summary }),
  ...(shown === undefined ? {} : { exclude: !shown }),
})

const asks = ({ effort, budget }: Reasoning): boolean | undefined => {
  if (effort === undefined && budget === undefined) return undefined
  return effort === undefined ? budget !== 0 : effort !== 'none'
}

function thinking(wish: Reasoning): JsonObject {
  const on = asks(wish)
  return on === undefined ? {} : { thinking: { type: on ? 'enabled' : 'disabled' } }
}

function enabling(wish: Reasoning): JsonObject {
  const on = asks(wish)
  const { budget = -1 } = wish
  return on === undefined ? {} : { enable_thinking: on, ...(on && budget > 0 ? { thinking_budget: budget } : {}) }
}
