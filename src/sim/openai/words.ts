/** What OpenAI says of a field that is wrong, word for word. */

import { bracketed, type Words } from '../field.ts'
import { kindOf } from '../json.ts'
import { Refusal } from '../refusal.ts'

const bad = (param: string, code: string, sentence: string): Refusal => new Refusal(400, sentence, { code, param })

export const words: Words = {
  path: bracketed,
  missing: at => bad(at, 'missing_required_parameter', `Missing required parameter: '${at}'.`),
  wrongType: (at, wanted, seen) =>
    bad(at, 'invalid_type', `Invalid type for '${at}': expected ${wanted}, but got ${kindOf(seen)} instead.`),
  outOfRange(at, seen, { min, max }, whole) {
    const [side, limit] = seen < min ? ['below minimum', `>= ${min}`] : ['above maximum', `<= ${max}`]
    const kind = whole ? 'integer' : 'decimal'
    return bad(
      at,
      `${kind}_${seen < min ? 'below_min' : 'above_max'}_value`,
      `Invalid '${at}': ${kind} ${side} value. Expected a value ${limit}, but got ${seen} instead.`,
    )
  },
  notAmong: (at, seen, known) =>
    bad(
      at,
      'invalid_value',
      `Invalid value: '${seen}'. Supported values are: ${known.map(each => `'${each}'`).join(', ')}.`,
    ),
  unknown(at, name) {
    const path = at === '' ? name : `${at}.${name}`
    return bad(path, 'unknown_parameter', `Unknown parameter: '${path}'.`)
  },
  tooLong: (at, seen, most) =>
    bad(
      at,
      'array_above_max_length',
      `Invalid '${at}': array too long. Expected an array with maximum length ${most}, but got an array with length ${seen} instead.`,
    ),
  wrong: (at, sentence) => bad(at, 'invalid_value', sentence),
}
