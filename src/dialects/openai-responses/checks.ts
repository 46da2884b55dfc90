import { Fault } from '../../model/fault.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'

/** Readers of a request's JSON. Each refuses what is of another kind, naming the place and what stands there. */

export function invalid(param: string, rule: string, seen: Json | undefined): Fault {
  const shown = seen === undefined ? 'it is missing' : `it is ${JSON.stringify(seen).slice(0, 60)}`
  return new Fault('invalid_request', `'${param}' ${rule}; ${shown}.`, { param })
}

export function text(value: Json | undefined, at: string): string {
  if (typeof value === 'string') return value
  throw invalid(at, 'must be a string', value)
}

export function name(value: Json | undefined, at: string): string {
  if (typeof value === 'string' && value !== '') return value
  throw invalid(at, 'must be a string that is not empty', value)
}

export function number(value: Json | undefined, at: string): number {
  if (typeof value === 'number') return value
  throw invalid(at, 'must be a number', value)
}

export function whole(value: Json | undefined, at: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value
  throw invalid(at, 'must be a whole number', value)
}

export function boolean(value: Json | undefined, at: string): boolean {
  if (typeof value === 'boolean') return value
  throw invalid(at, 'must be true or false', value)
}

export function object(value: Json | undefined, at: string): JsonObject {
  if (isObject(value)) return value
  throw invalid(at, 'must be an object', value)
}

export function list(value: Json | undefined, at: string): readonly Json[] {
  if (Array.isArray(value)) return value
  throw invalid(at, 'must be an array', value)
}

/** Null says as much as a field that is not there. */
export const isSaid = (value: Json | undefined): value is Json => value !== undefined && value !== null

export const maybe = <T>(
  read: (value: Json | undefined, at: string) => T,
  value: Json | undefined,
  at: string,
): T | undefined => (isSaid(value) ? read(value, at) : undefined)

/** The fields that nothing here has a noun for, by their path. */
export const beyond = (
  body: JsonObject,
  known: ReadonlySet<string>,
  prefix = '',
): readonly (readonly [string, Json | undefined])[] =>
  Object.entries(body)
    .filter(([key, value]) => !known.has(key) && isSaid(value))
    .map(([key, value]) => [prefix + key, value] as const)
