/** Google takes each name in camel case and with underscores: here they become the one. */

import { isList, isObject, type Json, type JsonObject } from '../json.ts'

/** What stands in these is the caller's own. */
const opaque = new Set([
  ...['args', 'response', 'parametersJsonSchema', 'responseJsonSchema', 'metadata', 'labels', 'properties', 'example'],
  ...['default', 'partMetadata'],
])

export function camel(value: JsonObject): JsonObject {
  const named = Object.entries(value).map(([name, held]) => {
    const written = name.replace(/(?<=[a-z])_([a-z])/g, (_, letter: string) => letter.toUpperCase())
    return [written, written === 'properties' ? eachOf(held) : opaque.has(written) ? held : deeper(held)]
  })
  return Object.fromEntries(named)
}

function deeper(value: Json | undefined): Json | undefined {
  if (isList(value)) return value.map(each => deeper(each) ?? null)
  return isObject(value) ? camel(value) : value
}

/** The names of properties stay; what they are described with does not. */
const eachOf = (value: Json | undefined): Json | undefined =>
  isObject(value) ? Object.fromEntries(Object.entries(value).map(([name, schema]) => [name, deeper(schema)])) : value
