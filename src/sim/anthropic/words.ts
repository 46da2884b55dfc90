/** What Anthropic says of a field that is wrong: the path with dots, and then the sentence. */

import type { Words } from '../field.ts'
import { Refusal } from '../refusal.ts'

const bad = (param: string, sentence: string): Refusal =>
  new Refusal(400, param === '' ? sentence : `${param}: ${sentence}`, { param })

const kinds: Readonly<Record<string, string>> = {
  'an object': 'a valid dictionary',
  'an array': 'a valid list',
  'an integer': 'a valid integer',
  'a decimal': 'a valid number',
  'a string': 'a valid string',
  'a boolean': 'a valid boolean',
}

export const words: Words = {
  path: way => way.join('.'),
  missing: at => bad(at, 'Field required'),
  wrongType: (at, wanted) => bad(at, `Input should be ${kinds[wanted] ?? wanted}`),
  outOfRange: (at, seen, { min, max }) =>
    bad(at, `Input should be ${seen < min ? `greater than or equal to ${min}` : `less than or equal to ${max}`}`),
  notAmong: (at, _, known) => bad(at, `Input should be ${listed(known)}`),
  unknown: (at, name) => bad(at === '' ? name : `${at}.${name}`, 'Extra inputs are not permitted'),
  tooLong: (at, seen, most) => bad(at, `List should have at most ${most} items after validation, not ${seen}`),
  wrong: bad,
}

function listed(names: readonly string[]): string {
  const quoted = names.map(each => `'${each}'`)
  return quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`
}
