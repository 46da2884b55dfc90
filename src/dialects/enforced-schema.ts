import { isObject, type Json, type JsonObject } from '../model/json.ts'

/**
 * A schema that Anthropic or Bedrock enforces knows less than JSON Schema: every object is closed, and limits of numbers,
 * lengths and counts are refused (platform.claude.com/docs/en/build-with-claude/structured-outputs, "JSON Schema limitations";
 * docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html, "Supported JSON Schema features").
 */
export type Enforced = { readonly schema: JsonObject; readonly lost: boolean }

const unenforced: ReadonlySet<string> = new Set([
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'maxItems',
  'uniqueItems',
  'minContains',
  'maxContains',
  'minProperties',
  'maxProperties',
])

/** Where a schema holds others: one, several by name, or several in a row. */
const single = ['items', 'not', 'contains', 'additionalItems']
const byName = ['properties', '$defs', 'definitions', 'patternProperties']
const inRow = ['anyOf', 'allOf', 'oneOf', 'prefixItems']

/** The schema as it can be enforced, and whether it asked for more. */
export function enforced(schema: JsonObject): Enforced {
  let lost = false
  const close = (value: Json | undefined): Json | undefined => (isObject(value) ? closed(value) : value)
  function closed(open: JsonObject): JsonObject {
    const kept = Object.entries(open).filter(([name, value]) => {
      const drops = unenforced.has(name) || (name === 'minItems' && typeof value === 'number' && value > 1)
      lost ||= drops
      return !drops
    })
    const inner = kept.map(([name, value]) => [name, within(name, value, close)])
    const object = Object.fromEntries(inner) as JsonObject
    const isOpen = (object.type === 'object' || isObject(object.properties)) && object.additionalProperties !== false
    if (isOpen && object.additionalProperties !== undefined) lost = true
    return isOpen ? { ...object, additionalProperties: false } : object
  }
  const result = closed(schema)
  return { schema: result, lost }
}

function within(
  name: string,
  value: Json | undefined,
  close: (value: Json | undefined) => Json | undefined,
): Json | undefined {
  if (single.includes(name)) return close(value)
  if (inRow.includes(name) && Array.isArray(value)) return value.map(each => close(each) ?? null)
  if (byName.includes(name) && isObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, close(each)]))
  }
  return value
}
