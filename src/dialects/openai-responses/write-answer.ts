import type { Answer } from '../../model/answer.ts'
import type { Delta } from '../../model/delta.ts'
import { unfold } from '../../model/fold.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Making } from '../dialect.ts'
import { malformed, statusOf, writeResponse } from './reply.ts'
import { isSpoken, Output } from './write-output.ts'

/** A whole reply: what its stream would amount to. */
export function writeAnswer(answer: Answer, making: Making): JsonObject {
  const output = new Output(making, () => undefined)
  for (const delta of sealsFirst(unfold(answer))) if (isSpoken(delta)) output.say(delta)
  const status = statusOf(answer.choices[0]?.stop?.reason, output.refused)
  output.end(status.status === 'completed' ? 'completed' : 'incomplete')
  const { model, created, usage, tier, extras } = answer
  const error = status.status === 'failed' ? malformed : undefined
  return writeResponse({ status, output: output.items(), model, created, usage, tier, extras, error }, making)
}

/** The seal of a thought before its words, so that the item has its own id from the beginning. */
function sealsFirst(deltas: readonly Delta[]): readonly Delta[] {
  const moved: Delta[] = []
  for (const delta of deltas) {
    const last = moved.at(-1)
    if (delta.type === 'seal' && last?.type === 'reasoning' && last.at === delta.at) moved.splice(-1, 0, delta)
    else moved.push(delta)
  }
  return moved
}
