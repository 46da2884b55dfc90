import type { AnswerReader } from '../dialect.ts'
import { glanceAnswerBy } from '../provider-only.ts'
import { readAnswer } from './read-answer.ts'

/** Whole replies of Cohere's API. */
export const answer: AnswerReader = { glance: glanceAnswerBy(readAnswer), read: readAnswer }
