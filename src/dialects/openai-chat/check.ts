import { Fault } from '../../model/fault.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'

/** Reads a value that a caller wrote, and refuses what it may not be, with the path of the fault. */
export type Check<T> = (value: Json | undefined, path: string) => T

export const text: Check<string> = (value, path) => {
  if (typeof value === 'string') return value
  throw invalid(path, 'must be a string', value)
}

export const name: Check<string> = (value, path) => {
  if (typeof value === 'string' && value !== '') return value
  throw invalid(path, 'must be a name, as a string', value)
}

export const number: Check<number> = (value, path) => {
  if (typeof value === 'number') return value
  throw invalid(path, 'must be a number', value)
}

export const count: Check<number> = (value, path) => {
  if (typeof value === 'number' && Number.isInteger(value)) return value
  throw invalid(path, 'must be a whole number', value)
}

export const flag: Check<boolean> = (value, path) => {
  if (typeof value === 'boolean') return value
  throw invalid(path, 'must be true or false', value)
}

export const object: Check<JsonObject> = (value, path) => {
  if (isObject(value)) return value
  throw invalid(path, 'must be an object', value)
}

export const list: Check<readonly Json[]> = (value, path) => {
  if (Array.isArray(value)) return value
  throw invalid(path, 'must be an array', value)
}

export const texts: Check<readonly string[]> = (value, path) =>
  list(value, path).map((each, index) => text(each, `${path}[${index}]`))

/** Each element of an array, with its path. */
export const each = <T>(value: Json | undefined, path: string, check: Check<T>): readonly T[] =>
  list(value, path).map((element, index) => check(element, `${path}[${index}]`))

/** A field that may be left out; null is as good as left out. */
export const maybe = <T>(check: Check<T>, value: Json | undefined, path: string): T | undefined =>
  isMissing(value) ? undefined : check(value, path)

export const isMissing = (value: Json | undefined): value is null | undefined => value === undefined || value === null

export function invalid(param: string, rule: string, seen: Json | undefined): Fault {
  const shown = seen === undefined ? 'it is missing' : `it is ${JSON.stringify(seen).slice(0, 60)}`
  return new Fault('invalid_request', `'${param}' ${rule}; ${shown}.`, { param })
}
