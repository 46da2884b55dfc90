import type { Answer } from '../../model/answer.ts'
import { fold } from '../../model/fold.ts'
import type { JsonObject } from '../../model/json.ts'
import type { AnswerReader, AnswerWriter } from '../dialect.ts'
import { glanceWhole } from './glance.ts'
import { ReplyReader } from './read-chunk.ts'
import { write } from './write-answer.ts'

/** Whole replies: a single chunk of what a stream says in many. */
export const answer: AnswerReader & AnswerWriter = {
  glance: glanceWhole,
  read,
  write,
  count: totalTokens => ({ totalTokens }),
}

function read(body: JsonObject, wire: string, maker: string): Answer {
  const deltas = new ReplyReader(maker, false).read(body, wire)
  for (const delta of deltas) if (delta.type === 'fault') throw delta.fault
  return fold(deltas)
}
