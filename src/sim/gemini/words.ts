/** What Google says of a field that is wrong. */

import { bracketed, type Words } from '../field.ts'
import { Refusal } from '../refusal.ts'

const bad = (param: string, sentence: string): Refusal => new Refusal(400, sentence, { param })

/** As checks of values say it; those of shapes say `Invalid value at`. */
const request = (at: string, sentence: string): Refusal => bad(at, `* GenerateContentRequest.${at}: ${sentence}\n`)

const types: Readonly<Record<string, string>> = {
  'a string': 'TYPE_STRING',
  'an integer': 'TYPE_INT32',
  'a decimal': 'TYPE_FLOAT',
  'a boolean': 'TYPE_BOOL',
  'an object': 'TYPE_MESSAGE',
  'an array': 'TYPE_MESSAGE',
}

export const words: Words = {
  path: bracketed,
  missing: at => request(at, 'is not specified'),
  wrongType: (at, wanted, seen) =>
    bad(at, `Invalid value at '${at}' (${types[wanted] ?? wanted}), ${JSON.stringify(seen ?? null)}`),
  outOfRange: (at, seen, { min, max }) => request(at, `${seen} is not in the range [${min}, ${max}].`),
  notAmong: (at, seen, known) =>
    bad(at, `Invalid value at '${at}' (TYPE_ENUM), ${JSON.stringify(seen)}. It may be ${known.join(', ')}.`),
  unknown: (at, name) =>
    bad(
      at === '' ? name : `${at}.${name}`,
      `Invalid JSON payload received. Unknown name "${name}"${at === '' ? '' : ` at '${at}'`}: Cannot find field.`,
    ),
  tooLong: (at, seen, most) => request(at, `at most ${most} are supported, but there are ${seen}.`),
  wrong: request,
}
