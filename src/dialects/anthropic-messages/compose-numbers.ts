import type { Chat } from '../../model/chat.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Thinking } from './compose-thinking.ts'
import type { Telling } from './telling.ts'

/** The length of the reply, and how its words are chosen. */

/** Where nothing is known of the model: every one that speaks this dialect writes as much. */
const defaultTokens = 8192

/**
 * `max_tokens` is required here and counts the thoughts. A caller that named no limit gets the model's own. A budget of
 * thoughts has to be smaller: a caller that asked for more thoughts than its limit meant the limit for the answer, so
 * the budget is added to it, as far as the model goes.
 */
export function writeLength({ maxTokens }: Chat, thought: Thinking, telling: Telling): JsonObject {
  const { thinking, budget } = thought
  const { most } = telling.traits
  if (telling.own) return { ...(maxTokens === undefined ? {} : { max_tokens: maxTokens }), ...given({ thinking }) }
  const asked = maxTokens ?? most ?? defaultTokens
  if (budget === undefined) return { max_tokens: asked, ...given({ thinking }) }
  const fitting = most === undefined ? budget : Math.min(budget, Math.floor((most * 3) / 4))
  const length = fitting < asked ? asked : Math.min(asked + fitting, most ?? Infinity)
  return { max_tokens: length, thinking: { ...thinking, budget_tokens: fitting } }
}

/** Newer models choose by themselves, and older ones while they think: what they refuse is left out and told. */
export function writeSampling(chat: Chat, { thinking }: Thinking, telling: Telling): JsonObject {
  const { temperature, topP, topK } = chat
  if (telling.own) return given({ temperature, top_p: topP, top_k: topK })
  const thinks = thinking?.type === 'enabled' || thinking?.type === 'adaptive'
  const free = telling.traits.samples !== 'none' && !thinks
  const kept = {
    temperature: keep('temperature', temperature, free || temperature === 1, telling),
    topP: keep('topP', topP, free || (topP ?? 1) >= (telling.traits.samples === 'none' ? 0.99 : 0.95), telling),
    topK: keep('topK', topK, free, telling),
  }
  const both = kept.temperature !== undefined && kept.topP !== undefined
  return given({
    temperature: warmth(kept.temperature, telling),
    top_p: both && telling.traits.samples === 'one' ? keep('topP', topP, false, telling) : kept.topP,
    top_k: kept.topK,
  })
}

function keep(noun: string, value: number | undefined, allowed: boolean, { lose }: Telling): number | undefined {
  if (value === undefined || allowed) return value
  lose(noun)
  return undefined
}

/** The scale ends at 1 here, and at 2 elsewhere. */
function warmth(temperature: number | undefined, { lose }: Telling): number | undefined {
  if (temperature === undefined || temperature <= 1) return temperature
  lose('temperature')
  return 1
}

/** Those that have a value. */
export const given = (fields: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
