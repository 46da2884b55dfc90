/** Fills a JSON schema with a value that it accepts, the same each time; what it cannot fill it refuses by name. */

import { hash } from './chance.ts'
import { fillNumber } from './fill-number.ts'
import { fillText } from './fill-text.ts'
import { isList, isObject, type Json, type JsonObject } from './json.ts'
import { Refusal } from './refusal.ts'

export function fill(schema: Json): Json {
  const tree = { root: schema, left: mostValues }
  return grow(schema, { tree, depth: 0, turn: 0, path: '' })
}

type Place = {
  readonly tree: { readonly root: Json; left: number }
  readonly depth: number
  /** Which of several: items of a list that must differ get different turns. */
  readonly turn: number
  readonly path: string
}

/** A schema that demands itself without end, or branches without end, is given up after so many values. */
const mostValues = 10_000
const deepest = 100

/** From here on optional things are left out, so that schemas that contain themselves come to an end. */
const deep = 4

/** Keywords that forbid values in ways the filling does not look at. */
const beyond = ['not', 'if', 'contains', 'dependentRequired', 'dependentSchemas', 'propertyNames'] as const

function grow(schema: Json, place: Place): Json {
  if (place.tree.left-- <= 0 || place.depth > deepest) throw cannot('a schema that contains itself without end', place)
  if (schema === false) throw cannot('`false`', place)
  if (!isObject(schema)) return 'any'
  const unfillable = beyond.find(keyword => schema[keyword] !== undefined)
  if (unfillable !== undefined) throw cannot(`\`${unfillable}\``, place)
  if (schema.const !== undefined) return schema.const
  if (isList(schema.enum)) return pick(schema.enum, place)
  return growShape(schema, place)
}

function growShape(schema: JsonObject, place: Place): Json {
  const deeper = { ...place, depth: place.depth + 1 }
  const { $ref, allOf, anyOf, oneOf } = schema
  if (typeof $ref === 'string') return grow(merge(without(schema, '$ref'), resolve($ref, place)), deeper)
  if (isList(allOf)) return grow(allOf.reduce<Json>(merge, without(schema, 'allOf')), deeper)
  if (isList(anyOf)) return growBranch(without(schema, 'anyOf'), anyOf, deeper)
  if (isList(oneOf)) return growBranch(without(schema, 'oneOf'), oneOf, deeper)
  return growType(schema, place)
}

function growBranch(rest: JsonObject, branches: readonly Json[], place: Place): Json {
  let last = cannot('an empty list of alternatives', place)
  for (const branch of inOrder(branches, place)) {
    try {
      return grow(merge(rest, branch), place)
    } catch (cause) {
      if (!(cause instanceof Refusal)) throw cause
      last = cause
    }
  }
  throw last
}

/** The branches as written, but deep down the simplest first. */
function inOrder(branches: readonly Json[], { depth }: Place): readonly Json[] {
  return depth < deep ? branches : branches.toSorted((a, b) => weight(a) - weight(b))
}

function weight(branch: Json): number {
  if (!isObject(branch)) return 1
  if (branch.type === 'null') return 0
  if (branch.$ref !== undefined || branch.properties !== undefined || branch.items !== undefined) return 2
  return 1
}

function growType(schema: JsonObject, place: Place): Json {
  const type = typeOf(schema, place)
  switch (type) {
    case 'object':
      return growObject(schema, place)
    case 'array':
      return growArray(schema, place)
    case 'string':
      return fillText(schema, hash(place.path) + place.turn, place.turn) ?? refuse('this string', place)
    case 'number':
    case 'integer':
      return fillNumber(schema, type === 'integer', place.turn) ?? refuse('this range of numbers', place)
    case 'boolean':
      return place.turn % 2 === 0
    case 'null':
      return null
    default:
      throw cannot(`the type '${type}'`, place)
  }
}

function typeOf(schema: JsonObject, { depth }: Place): string {
  const { type } = schema
  if (isList(type)) {
    const first = depth >= deep && type.includes('null') ? 'null' : type.find(each => each !== 'null')
    return nameOf(first ?? 'null')
  }
  if (type !== undefined) return nameOf(type)
  if (schema.properties !== undefined || schema.required !== undefined) return 'object'
  if (schema.items !== undefined || schema.prefixItems !== undefined) return 'array'
  return ['minimum', 'maximum', 'multipleOf'].some(name => schema[name] !== undefined) ? 'number' : 'string'
}

const nameOf = (type: Json): string => (typeof type === 'string' ? type : JSON.stringify(type))

function growObject(schema: JsonObject, place: Place): Json {
  const properties = isObject(schema.properties) ? schema.properties : {}
  const required = isList(schema.required) ? schema.required.map(String) : []
  const names = place.depth < deep ? [...new Set([...Object.keys(properties), ...required])] : required
  const value: { [name: string]: Json } = {}
  const most = numberOr(schema.maxProperties, Number.POSITIVE_INFINITY)
  for (const name of [...names]
    .sort((a, b) => Number(required.includes(b)) - Number(required.includes(a)))
    .slice(0, most)) {
    put(value, name, grow(properties[name] ?? others(schema), inside(place, name)))
  }
  for (let i = 1; Object.keys(value).length < numberOr(schema.minProperties, 0); i++) {
    put(value, `key_${i}`, grow(others(schema), inside(place, `key_${i}`)))
  }
  return inWrittenOrder(value, names)
}

const others = ({ additionalProperties = true }: JsonObject): Json => additionalProperties

/** `__proto__` is a name like any other here, so it is defined, not assigned. */
const put = (value: { [name: string]: Json }, name: string, content: Json) =>
  Object.defineProperty(value, name, { value: content, enumerable: true, configurable: true, writable: true })

function inWrittenOrder(value: { readonly [name: string]: Json }, names: readonly string[]): Json {
  const ordered: { [name: string]: Json } = {}
  for (const name of [...names, ...Object.keys(value)]) {
    if (Object.hasOwn(value, name)) put(ordered, name, value[name] ?? null)
  }
  return ordered
}

function growArray(schema: JsonObject, place: Place): Json {
  const starts = isList(schema.prefixItems) ? schema.prefixItems : []
  const least = numberOr(schema.minItems, place.depth < deep ? Math.max(1, starts.length) : 0)
  const size = Math.min(least, numberOr(schema.maxItems, Number.POSITIVE_INFINITY), itemsAllowed(schema, starts.length))
  if (size < numberOr(schema.minItems, 0)) throw cannot('a list of this length', place)
  const different = schema.uniqueItems === true
  const items = Array.from({ length: size }, (_, i) => {
    const turn = different ? place.turn + i : place.turn
    return grow(starts[i] ?? schema.items ?? true, { ...inside(place, String(i)), turn })
  })
  if (different && new Set(items.map(item => JSON.stringify(item))).size < size) throw cannot('`uniqueItems`', place)
  return items
}

const itemsAllowed = ({ items }: JsonObject, starts: number): number =>
  items === false ? starts : Number.POSITIVE_INFINITY

const inside = (place: Place, name: string): Place => ({
  ...place,
  depth: place.depth + 1,
  path: `${place.path}/${name}`,
})

function resolve(ref: string, place: Place): Json {
  if (!ref.startsWith('#')) throw cannot(`a reference to ${ref}`, place)
  let found: Json | undefined = place.tree.root
  for (const part of ref.slice(1).split('/').slice(1)) {
    const name = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')
    found = isList(found) ? found[Number(name)] : isObject(found) ? found[name] : undefined
  }
  if (found === undefined) throw cannot(`the reference ${ref}, which leads nowhere`, place)
  return found
}

/** Both schemas at once: properties and required names together, the stricter bound, else what the second says. */
function merge(one: Json, two: Json): Json {
  if (!isObject(one) || !isObject(two)) return one === false || two === false ? false : isObject(two) ? two : one
  const both: { [name: string]: Json | undefined } = { ...one, ...two }
  for (const name of Object.keys(two)) {
    const [a, b] = [one[name], two[name]]
    if (a !== undefined && b !== undefined) both[name] = mergeKeyword(name, a, b)
  }
  return both
}

function mergeKeyword(name: string, a: Json, b: Json): Json {
  if (name === 'required' && isList(a) && isList(b)) return [...new Set([...a, ...b])]
  if (name === 'enum' && isList(a) && isList(b)) return a.filter(each => b.includes(each))
  if (name === 'allOf' && isList(a) && isList(b)) return [...a, ...b]
  if (name === 'properties' && isObject(a) && isObject(b)) return mergeEach(a, b)
  if (name === 'items') return merge(a, b)
  if (typeof a === 'number' && typeof b === 'number') return stricter(name, a, b)
  if (name === 'additionalProperties' && (a === false || b === false)) return false
  return b
}

function mergeEach(a: JsonObject, b: JsonObject): Json {
  const all: { [name: string]: Json | undefined } = { ...a, ...b }
  for (const name of Object.keys(b)) all[name] = merge(a[name] ?? true, b[name] ?? true)
  return all
}

const stricter = (name: string, a: number, b: number): number =>
  /^(min|exclusiveMin)/.test(name) ? Math.max(a, b) : /^(max|exclusiveMax)/.test(name) ? Math.min(a, b) : b

function without(schema: JsonObject, name: string): JsonObject {
  const { [name]: _, ...rest } = schema
  return rest
}

function pick(values: readonly Json[], place: Place): Json {
  const value = values[place.turn % Math.max(1, values.length)]
  if (value === undefined) throw cannot('an empty `enum`', place)
  return value
}

const numberOr = (value: Json | undefined, otherwise: number): number => (typeof value === 'number' ? value : otherwise)

function refuse(what: string, place: Place): never {
  throw cannot(what, place)
}

function cannot(what: string, { path }: Place): Refusal {
  const where = path === '' ? 'at its root' : `at ${path}`
  return new Refusal(400, `The sim cannot fill ${what} in the schema ${where}.`, { code: 'invalid_json_schema' })
}
