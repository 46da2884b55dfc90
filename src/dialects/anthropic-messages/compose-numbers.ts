import type { Chat } from '../../model/chat.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Thinking } from './compose-thinking.ts'
import type { Telling } from './telling.ts'

/** The length of the reply, and how its words are chosen. */

/** Where nothing is known of the model: every one that speaks this dialect writes as much. */
const defaultTokens = 8192

/** The chat with no longer a reply than the model gives: a greater `max_tokens` is refused, not cut. */
export function withinLength(chat: Chat, { own, traits, lose }: Telling): Chat {
  const { maxTokens } = chat
  if (own || traits.most === undefined || maxTokens === undefined || maxTokens <= traits.most) return chat
  lose('maxTokens')
  return { ...chat, maxTokens: traits.most }
}

/**
 * `max_tokens` is required here and counts the thoughts, as the limits of all callers do. One that named none gets the
 * model's own; where that is not known, its thoughts come on top of what every model writes.
 */
export function writeLength({ maxTokens }: Chat, { thinking, budget = 0 }: Thinking, telling: Telling): JsonObject {
  if (telling.own) return given({ max_tokens: maxTokens, thinking })
  const unlimited = budget < defaultTokens ? defaultTokens : defaultTokens + budget
  return given({ max_tokens: maxTokens ?? telling.traits.most ?? unlimited, thinking })
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
