import type { AnswerReader, AnswerWriter } from '../dialect.ts'
import { glanceAnswer } from './glance.ts'
import { readAnswer } from './read-answer.ts'
import { writeAnswer } from './write-answer.ts'

/** Whole replies of OpenAI's API. */
export const answer: AnswerReader & AnswerWriter = { glance: glanceAnswer, read: readAnswer, write: writeAnswer }
