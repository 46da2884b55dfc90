import { isObject, type Json, type JsonObject } from '../../model/json.ts'

/**
 * Schemas. Gemini takes two kinds: its own subset of OpenAPI (`parameters`, `responseSchema`: types in capitals, `nullable`,
 * counts in quotes) and JSON Schema (`parametersJsonSchema`, `responseJsonSchema`). Other dialects know JSON Schema alone,
 * so the first kind is read into it; and JSON Schema is sent as such, for the subset has no `$ref`, no lists of types and
 * no `additionalProperties`, and refuses a request that has them.
 */
export function fromOpenApi(schema: JsonObject): JsonObject {
  const out: { [name: string]: Json | undefined } = {}
  for (const [name, value] of Object.entries(schema)) {
    if (value === undefined || value === null || name === 'nullable') continue
    const [spelled, read] = keyword(name, value)
    out[spelled] = read
  }
  return schema.nullable === true ? nullable(out) : out
}

const counts: ReadonlySet<string> = new Set([
  'minItems',
  'maxItems',
  'minLength',
  'maxLength',
  'minProperties',
  'maxProperties',
])

/** Keywords that proto JSON may spell in two ways. */
const spellings: ReadonlyMap<string, string> = new Map([
  ['any_of', 'anyOf'],
  ['min_items', 'minItems'],
  ['max_items', 'maxItems'],
  ['min_length', 'minLength'],
  ['max_length', 'maxLength'],
  ['min_properties', 'minProperties'],
  ['max_properties', 'maxProperties'],
  ['property_ordering', 'propertyOrdering'],
])

/** The types by their numbers, which proto JSON takes for their names. */
const types: readonly string[] = ['', 'string', 'number', 'integer', 'boolean', 'array', 'object', 'null']

function typeOf(value: Json): Json {
  if (typeof value === 'number') return types[value] ?? value
  return typeof value === 'string' ? value.toLowerCase() : value
}

function keyword(written: string, value: Json): readonly [string, Json] {
  const name = spellings.get(written) ?? written
  if (name === 'type') return [name, typeOf(value)]
  if (name === 'example') return ['examples', [value]]
  if (name === 'items') return [name, inner(value)]
  if (name === 'anyOf') return [name, Array.isArray(value) ? value.map(inner) : value]
  if (name === 'properties' && isObject(value)) return [name, mapped(value)]
  return [name, counts.has(name) && typeof value === 'string' ? Number(value) : value]
}

const inner = (value: Json): Json => (isObject(value) ? fromOpenApi(value) : value)

const mapped = (properties: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(properties).map(([name, value]) => [name, value === undefined ? value : inner(value)]),
  )

/** JSON Schema says with types that a value may be null. */
function nullable(schema: { [name: string]: Json | undefined }): JsonObject {
  const { type } = schema
  if (typeof type === 'string') return { ...schema, type: [type, 'null'], ...nullInEnum(schema.enum) }
  if (Array.isArray(schema.anyOf)) return { ...schema, anyOf: [...schema.anyOf, { type: 'null' }] }
  return schema
}

const nullInEnum = (values: Json | undefined): JsonObject => (Array.isArray(values) ? { enum: [...values, null] } : {})
