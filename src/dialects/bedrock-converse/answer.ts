import type { AnswerReader } from '../dialect.ts'
import { glanceAnswerBy } from '../provider-only.ts'
import { readAnswer } from './read-answer.ts'

/** Whole replies of Converse. */
export const answer: AnswerReader = { glance: glanceAnswerBy(readAnswer), read: readAnswer }
