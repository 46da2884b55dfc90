import type { Json } from './json.ts'

/**
 * Numbers that JavaScript cannot hold (a whole number beyond 2^53, such as the ids of many databases), carried through as
 * they were written: a call of a tool with another id than the model wrote is another call. What is parsed has them rounded,
 * as `JSON.parse` does; its like beside it has them in their own digits, and is what is written again.
 */
const likes = new WeakMap<object, object>()

/** A number of less digits is held as it is; ids in quotation marks, of which every frame of a stream may have one, are none. */
const longNumber = /[:[,\s]-?\d[\d.]{15}/
const manyDigits = /\d{16}/

/**
 * Notes of what was parsed from a text how its numbers were written. Costs a search where there is no long number. `read` is how
 * the text is to be read, where it is not what it says (`byteText`).
 */
export function noteNumbers(parsed: Json, text: string, read: (text: string) => string = asItIs): void {
  if (longNumber.test(text)) note(parsed, exactly(read(text)))
}

const asItIs = (text: string): string => text

/** The value of a text that is to be written again and not reckoned with: numbers that cannot be held are no numbers in it. */
export const exactly = (text: string): Json => JSON.parse(text, longNumber.test(text) ? asWritten : undefined) as Json

/** JSON of a part of what was parsed, with its numbers as they were written. */
export const jsonOf = (value: Json): string => JSON.stringify(likes.get(value as object) ?? value)

type Raw = { rawJSON(text: string): Json }

/** ECMAScript's proposal for the source of what is parsed, which this runtime has (tc39.es/proposal-json-parse-with-source). */
function asWritten(this: unknown, _: string, value: unknown, context?: { readonly source?: string }): unknown {
  const { source = '' } = context ?? {}
  return typeof value === 'number' && manyDigits.test(source.replace('.', '')) && `${value}` !== source
    ? (JSON as unknown as Raw).rawJSON(source)
    : value
}

function note(parsed: unknown, like: unknown): void {
  if (!isComposite(parsed) || !isComposite(like)) return
  likes.set(parsed, like)
  for (const [name, value] of Object.entries(parsed)) note(value, like[name])
}

const isComposite = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null
