import type { Answer } from '../../model/answer.ts'
import { fold } from '../../model/fold.ts'
import type { JsonObject } from '../../model/json.ts'
import { ReplyReader } from './read-reply.ts'

/** A whole reply says what a stream of a single chunk would. */
export const readAnswer = (body: JsonObject, wire: string, maker: string): Answer =>
  fold(new ReplyReader(maker, false).read(body, wire))
