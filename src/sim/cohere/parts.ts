/** The pieces that an answer of Cohere's has in common, whole or streamed. */

import { letters, mix } from '../chance.ts'
import type { Desk } from '../dialect.ts'
import type { Placed } from '../recite.ts'
import { type Answer, callsOf, type Script } from '../script.ts'
import { uuid } from '../uuid.ts'

export type Letter = { readonly desk: Desk; readonly script: Script }

export const idOf = ({ mark }: Desk): string => uuid(mark)

export const callBody = ({ block, call }: Placed, { mark }: Desk, said: string) => {
  const name = block.type === 'call' ? block.name : ''
  const id = `${name}_${letters(mix(mark, call), 12).toLowerCase()}`
  return { id, type: 'function', function: { name, arguments: said } }
}

/** What is said before tools are called is a plan, and no content. */
export const isPlan = (answer: Answer): boolean => callsOf(answer).length > 0

const finishReasons = {
  stop: 'COMPLETE',
  'stop-sequence': 'STOP_SEQUENCE',
  length: 'MAX_TOKENS',
  call: 'TOOL_CALL',
  'forced-call': 'TOOL_CALL',
  filtered: 'ERROR',
} as const

export const finishOf = ({ behaving }: Desk, answer: Answer | undefined) =>
  answer === undefined || behaving['no-finish'] !== undefined ? {} : { finish_reason: finishReasons[answer.finish] }

/** What is in the cache is counted and not billed. */
export function usageOf({ desk, script: { usage } }: Letter) {
  if (desk.behaving['no-usage'] !== undefined) return {}
  const { prompt, cached, completion } = usage
  return {
    usage: {
      billed_units: { input_tokens: prompt - cached, output_tokens: completion },
      tokens: { input_tokens: prompt, output_tokens: completion },
      cached_tokens: cached,
    },
  }
}
