/** What Cohere says of a field that is wrong. */

import { bracketed, type Words } from '../field.ts'
import { kindOf } from '../json.ts'
import { Refusal } from '../refusal.ts'

const bad = (param: string, sentence: string): Refusal => new Refusal(400, sentence, { param })

export const words: Words = {
  path: bracketed,
  missing: at => bad(at, `invalid request: required field '${at}' is missing or empty.`),
  wrongType: (at, wanted, seen) =>
    bad(at, `invalid type: parameter ${at} is of type ${kindOf(seen)} but should be of type ${wanted}.`),
  outOfRange: (at, seen, { min, max }) =>
    bad(at, `invalid request: ${at} must be between ${min} and ${max} inclusive, but is ${seen}.`),
  notAmong: (at, seen, known) =>
    bad(at, `invalid request: ${at} is '${seen}' but must be one of: ${known.join(', ')}.`),
  unknown: (at, name) =>
    bad(at === '' ? name : `${at}.${name}`, `unknown field: parameter '${name}' is not a valid field.`),
  tooLong: (at, seen, most) => bad(at, `invalid request: ${at} has ${seen} elements, but at most ${most} are allowed.`),
  wrong: (at, sentence) => bad(at, `invalid request: ${at}: ${sentence}`),
}
