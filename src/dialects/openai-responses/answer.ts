import type { Dialect } from '../dialect.ts'
import { glanceAnswer } from './glance.ts'
import { readAnswer } from './read-answer.ts'
import { writeAnswer } from './write-answer.ts'

/** Whole replies of the Responses API. */
export const answer: Dialect['answer'] = {
  glance: glanceAnswer,
  read: readAnswer,
  write: writeAnswer,
  count: tokens => ({ object: 'response.input_tokens', input_tokens: tokens }),
}
