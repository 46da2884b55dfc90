import { Fault } from '../model/fault.ts'
import { isObject, type Json, type JsonObject } from '../model/json.ts'
import { quoted, type Sentence, say } from '../model/sentence.ts'

/**
 * Reads a value that a caller wrote. What it may not be is refused, with the place (`messages[2].role`), the rule, and
 * what stands there instead.
 */
export type Check<T> = (value: Json | undefined, at: string) => T

const must =
  <T extends Json>(rule: string, is: (value: Json | undefined) => value is T): Check<T> =>
  (value, at) => {
    if (is(value)) return value
    throw invalid(at, rule, value)
  }

export const text = must('must be a string', value => typeof value === 'string')
export const name = must(
  'must be a string that is not empty',
  (value): value is string => typeof value === 'string' && value !== '',
)
export const number = must('must be a number', value => typeof value === 'number')
export const whole = must('must be a whole number', (value): value is number => Number.isInteger(value))
export const count = must(
  'must be a whole number, and not below 0',
  (value): value is number => Number.isInteger(value) && Number(value) >= 0,
)
export const flag = must('must be true or false', value => typeof value === 'boolean')
export const object = must<JsonObject>('must be an object', isObject)
export const list = must<readonly Json[]>('must be an array', (value): value is readonly Json[] => Array.isArray(value))

/** Its beginning only: a whole film is not read for this. */
export const isBase64 = (data: string): boolean =>
  data !== '' && /^[A-Za-z\d+/_\-\s]+={0,2}\s*$/.test(data.slice(0, 128))

export const base64 = must('must be base64', (value): value is string => typeof value === 'string' && isBase64(value))

/** Each element of an array, with its place. */
export const each = <T>(value: Json | undefined, at: string, check: Check<T>): readonly T[] =>
  list(value, at).map((element, index) => check(element, `${at}[${index}]`))

/** What every JSON Schema of an object has in common; the rest is the provider's to judge. */
export const schema: Check<JsonObject> = (value, at) => {
  const said = object(value, at)
  if (isSaid(said.type) && typeof said.type !== 'string' && !Array.isArray(said.type))
    throw invalid(`${at}.type`, 'must be a type of JSON Schema', said.type)
  maybe(object, said.properties, `${at}.properties`)
  maybe(list, said.required, `${at}.required`)
  return said
}

export const texts: Check<readonly string[]> = (value, at) => each(value, at, text)

/** Null says as much as a field that is not there. */
export const isSaid = (value: Json | undefined): value is Json => value !== undefined && value !== null

/** A field that may be left out. */
export const maybe = <T>(check: Check<T>, value: Json | undefined, at: string): T | undefined =>
  isSaid(value) ? check(value, at) : undefined

/** The fields that are not among the known ones, by their path. */
export function beyond(
  object: JsonObject,
  known: ReadonlySet<string>,
  prefix = '',
): readonly (readonly [string, Json])[] {
  const found: (readonly [string, Json])[] = []
  for (const name of Object.keys(object)) {
    const value = object[name]
    if (!known.has(name) && isSaid(value)) found.push([prefix + name, value])
  }
  return found
}

export function invalid(at: string, rule: string, seen: Json | undefined): Fault {
  const shown = seen === undefined ? 'missing' : quoted(JSON.stringify(seen).slice(0, 60))
  const named = at === '' ? 'The request' : `'${at}'`
  return new Fault('invalid_request', say`${named} ${rule}; it is ${shown}.`, at === '' ? {} : { param: at })
}

/** What a provider cannot be told, and the request cannot do without. */
export const refuse = (at: string | undefined, sentence: string | Sentence): Fault =>
  new Fault('invalid_request', sentence, at === undefined ? {} : { param: at })
