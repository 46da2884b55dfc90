/** What a conversation comes to as one text: what is counted, what the cache knows, and what was said last. */

import { isList, type Json } from './json.ts'
import type { Prompt } from './script.ts'

/** One message, whatever it was in its dialect. */
export type Turn = {
  readonly role: string
  readonly text: string
  /** Tokens of what is not text. */
  readonly media: number
  /** The calls in it as JSON, or nothing. */
  readonly calls: string
}

/** What an image or a recording counts as. */
export const mediaTokens = 85

/** `tools` as they came. */
export function promptOf(turns: readonly Turn[], tools: Json | undefined): Prompt {
  const last = turns.findLast(turn => turn.role === 'user') ?? turns.at(-1)
  const offered = isList(tools) && tools.length > 0 ? `${JSON.stringify(tools)}\n` : ''
  return {
    text: offered + turns.map(({ role, text, calls }) => `${role}: ${text}${calls}\n`).join(''),
    last: last?.text ?? '',
    rounds: roundsIn(turns),
    media: turns.reduce((sum, { media }) => sum + media, 0),
  }
}

/** Results that come one after the other are of one round. */
function roundsIn(turns: readonly Turn[]): number {
  const since = turns.slice(turns.findLastIndex(({ role }) => role === 'user') + 1)
  return since.filter(({ role }, i) => role === 'tool' && since[i + 1]?.role !== 'tool').length
}

/** What is filled where any JSON will do. */
export const anyObject: Json = { type: 'object', properties: { answer: { type: 'string' } }, required: ['answer'] }
