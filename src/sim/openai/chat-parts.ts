/** The pieces that a chat's answer has in common, whole or streamed. */

import { letters, mix } from '../chance.ts'
import type { Desk } from '../dialect.ts'
import type { Script } from '../script.ts'
import { logprobOf, type StreamStyle } from './ask.ts'

export type Letter = {
  readonly desk: Desk
  readonly script: Script
  readonly style: StreamStyle
  /** How many alternatives each token is shown with; `undefined` where none of it is asked for. */
  readonly logprobs: number | undefined
}

export const idOf = ({ mark }: Desk): string => `chatcmpl-${letters(mark, 29)}`

export const callId = ({ mark }: Desk, answer: number, nth: number): string =>
  `call_${letters(mix(mark, answer + 1000 * nth), 24)}`

/** A named function that was forced ends with `stop`: so does OpenAI. */
export const finishReasons = {
  stop: 'stop',
  'stop-sequence': 'stop',
  length: 'length',
  call: 'tool_calls',
  'forced-call': 'stop',
  filtered: 'content_filter',
} as const

export const toolCall = (name: string, said: string, id: string) => ({
  id,
  type: 'function',
  function: { name, arguments: said },
})

export function tokenLogprob(token: string, top: number) {
  const place = (each: string, rank: number) => ({
    token: each,
    logprob: logprobOf(token) - rank,
    bytes: [...Buffer.from(each)],
  })
  const others = Array.from({ length: top }, (_, rank) => place(rank === 0 ? token : `${token}${rank}`, rank))
  return { ...place(token, 0), top_logprobs: others }
}
