import { Fault } from '../../model/fault.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'

/** Fields read with their types checked: what is not as it must be is refused with its path. */

type Kinds = {
  readonly text: string
  readonly number: number
  readonly whole: number
  readonly flag: boolean
  readonly object: JsonObject
  readonly list: readonly Json[]
}

const kinds: { readonly [K in keyof Kinds]: { readonly is: (value: Json) => boolean; readonly rule: string } } = {
  text: { is: value => typeof value === 'string', rule: 'must be a string' },
  number: { is: value => typeof value === 'number', rule: 'must be a number' },
  whole: { is: value => Number.isInteger(value), rule: 'must be a whole number' },
  flag: { is: value => typeof value === 'boolean', rule: 'must be true or false' },
  object: { is: isObject, rule: 'must be an object' },
  list: { is: value => Array.isArray(value), rule: 'must be an array' },
}

/** A field that may be missing; null says the same. */
export function maybe<K extends keyof Kinds>(
  kind: K,
  object: JsonObject,
  name: string,
  at: string,
): Kinds[K] | undefined {
  const value = object[name]
  if (value === undefined || value === null) return undefined
  if (!kinds[kind].is(value)) throw invalid(path(at, name), kinds[kind].rule, value)
  return value as Kinds[K]
}

/** A field that must be there. */
export function need<K extends keyof Kinds>(kind: K, object: JsonObject, name: string, at: string): Kinds[K] {
  const value = maybe(kind, object, name, at)
  if (value === undefined) throw invalid(path(at, name), kinds[kind].rule, object[name])
  return value
}

/** The entries of a list, each an object, with the place of each. */
export function objectsIn(
  list: readonly Json[],
  at: string,
): readonly { readonly object: JsonObject; readonly at: string }[] {
  return list.map((object, index) => {
    const place = `${at}[${index}]`
    if (!isObject(object)) throw invalid(place, 'must be an object', object)
    return { object, at: place }
  })
}

/** The entries of a list of strings. */
export function textsIn(list: readonly Json[], at: string): readonly string[] {
  return list.map((text, index) => {
    if (typeof text !== 'string') throw invalid(`${at}[${index}]`, 'must be a string', text)
    return text
  })
}

const path = (at: string, name: string): string => (at === '' ? name : `${at}.${name}`)

export function invalid(param: string, rule: string, seen: unknown): Fault {
  const shown = seen === undefined ? 'it is missing' : `it is ${JSON.stringify(seen)?.slice(0, 60)}`
  return new Fault('invalid_request', `'${param}' ${rule}; ${shown}.`, { param })
}
