/** What Amazon says of a field that is wrong: members of lists are counted from 1. */

import type { Words } from '../field.ts'
import { kindOf } from '../json.ts'
import { Refusal } from '../refusal.ts'

const bad = (param: string, sentence: string): Refusal => new Refusal(400, sentence, { param })

const constraint = (at: string, seen: string, sentence: string): Refusal =>
  bad(at, `1 validation error detected: Value${seen} at '${at}' failed to satisfy constraint: Member must ${sentence}`)

export const words: Words = {
  path: way => way.map(step => (typeof step === 'number' ? `${step + 1}.member` : step)).join('.'),
  missing: at => constraint(at, '', 'not be null'),
  wrongType: (at, wanted, seen) =>
    new Refusal(400, `Expected ${wanted} at '${at}', but found ${kindOf(seen)}`, {
      param: at,
      code: 'SerializationException',
    }),
  outOfRange: (at, seen, { min, max }) =>
    constraint(
      at,
      ` '${seen}'`,
      seen < min ? `have value greater than or equal to ${min}` : `have value less than or equal to ${max}`,
    ),
  notAmong: (at, seen, known) => constraint(at, ` '${seen}'`, `satisfy enum value set: [${known.join(', ')}]`),
  unknown: (at, name) => bad(at, `Malformed input request: extraneous key [${name}] is not permitted at '${at}'`),
  tooLong: (at, _, most) => constraint(at, '', `have length less than or equal to ${most}`),
  wrong: (at, sentence) => bad(at, at === '' ? sentence : `${sentence} (at '${at}')`),
}
