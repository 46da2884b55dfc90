/** A request's JSON, read field by field; a field that is wrong is refused with the words and codes of the real API. */

import { Refusal } from './refusal.ts'

export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export type JsonObject = { readonly [key: string]: Json | undefined }

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const isList = (value: unknown): value is readonly Json[] => Array.isArray(value)

type Range = { readonly min: number; readonly max: number }

/** A whole number within a range; `undefined` when it is absent or null. */
export function integer(body: JsonObject, name: string, range: Range): number | undefined {
  const value = body[name]
  if (value === undefined || value === null) return undefined
  if (!Number.isInteger(value)) throw wrongType(name, 'an integer', value)
  return within(name, Number(value), range, 'integer')
}

export function decimal(body: JsonObject, name: string, range: Range): number | undefined {
  const value = body[name]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'number') throw wrongType(name, 'a decimal', value)
  return within(name, value, range, 'decimal')
}

export function flag(body: JsonObject, name: string): boolean {
  const value = body[name]
  if (value === undefined || value === null) return false
  if (typeof value !== 'boolean') throw wrongType(name, 'a boolean', value)
  return value
}

/** A string, or the empty string when it is absent or null. */
export function text(body: JsonObject, name: string): string {
  const value = body[name]
  if (value === undefined || value === null) return ''
  if (typeof value !== 'string') throw wrongType(name, 'a string', value)
  return value
}

/** A list, empty when it is absent or null. */
export function list(body: JsonObject, name: string): readonly Json[] {
  const value = body[name]
  if (value === undefined || value === null) return []
  if (!isList(value)) throw wrongType(name, 'an array', value)
  return value
}

export function missing(name: string): Refusal {
  return new Refusal(400, `Missing required parameter: '${name}'.`, {
    code: 'missing_required_parameter',
    param: name,
  })
}

export function wrongType(name: string, wanted: string, seen: unknown): Refusal {
  return new Refusal(400, `Invalid type for '${name}': expected ${wanted}, but got ${kindOf(seen)} instead.`, {
    code: 'invalid_type',
    param: name,
  })
}

export function wrongValue(name: string, sentence: string): Refusal {
  return new Refusal(400, sentence, { code: 'invalid_value', param: name })
}

function within(name: string, value: number, { min, max }: Range, kind: string): number {
  if (value < min) throw outOfRange(name, value, `below minimum value. Expected a value >= ${min}`, kind, 'below_min')
  if (value > max) throw outOfRange(name, value, `above maximum value. Expected a value <= ${max}`, kind, 'above_max')
  return value
}

function outOfRange(name: string, value: number, sentence: string, kind: string, side: string): Refusal {
  return new Refusal(400, `Invalid '${name}': ${kind} ${sentence}, but got ${value} instead.`, {
    code: `${kind}_${side}_value`,
    param: name,
  })
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'object') return 'an object'
  if (Number.isInteger(value)) return 'an integer'
  return typeof value === 'number' ? 'a decimal number' : `a ${typeof value}`
}
