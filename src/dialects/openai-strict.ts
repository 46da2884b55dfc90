import { isObject, type Json, type JsonObject } from '../model/json.ts'

/**
 * Whether a function's schema is one that OpenAI follows strictly; with any other, `strict` is a 400: "'additionalProperties'
 * is required to be supplied and to be false" (recorded), "'required' is required to be supplied and to be an array including
 * every key in properties" (ash-project/ash_ai#155), "'oneOf' is not permitted". What is permitted is listed in
 * developers.openai.com/api/docs/guides/structured-outputs, "Supported schemas". DeepSeek's strict mode wants the same.
 */
export function isStrict(schema: JsonObject): boolean {
  return schema.type === 'object' && schema.anyOf === undefined && isFollowed(schema)
}

const followed: ReadonlySet<string> = new Set([
  ...['$schema', '$defs', 'definitions', '$ref', 'title', 'description', 'type', 'enum', 'const', 'anyOf'],
  ...['properties', 'required', 'additionalProperties', 'items', 'minItems', 'maxItems', 'pattern', 'format'],
  ...['multipleOf', 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'],
])

const formats: ReadonlySet<Json | undefined> = new Set([
  ...[undefined, 'date-time', 'time', 'date', 'duration', 'email', 'hostname', 'ipv4', 'ipv6', 'uuid'],
])

/** What a schema has to say of its values, one of these. */
const kinds = ['type', 'anyOf', '$ref', 'enum', 'const'] as const

function isFollowed(schema: Json | undefined): boolean {
  if (!isObject(schema)) return false
  const { format, items, anyOf = [], properties, $defs, definitions } = schema
  return (
    Object.keys(schema).every(name => followed.has(name)) &&
    kinds.some(name => schema[name] !== undefined) &&
    formats.has(format) &&
    isClosed(schema) &&
    (items === undefined || isFollowed(items)) &&
    Array.isArray(anyOf) &&
    anyOf.every(isFollowed) &&
    [properties, $defs, definitions].every(areFollowed)
  )
}

const areFollowed = (schemas: Json | undefined): boolean =>
  schemas === undefined || (isObject(schemas) && Object.values(schemas).every(isFollowed))

/** An object has no other properties than those that are named, and all of these. */
function isClosed({ type, properties, required = [], additionalProperties }: JsonObject): boolean {
  const types = Array.isArray(type) ? type : [type]
  if (!types.includes('object') && properties === undefined) return true
  const names = isObject(properties) ? Object.keys(properties) : []
  return additionalProperties === false && Array.isArray(required) && names.every(name => required.includes(name))
}
