/** Google's own kind of schema: types in capitals, few keywords, and no other may be there. */

import type { Field } from '../field.ts'
import { isList, isObject, type Json } from '../json.ts'

const keywords = new Set([
  ...['anyOf', 'default', 'description', 'enum', 'example', 'format', 'items', 'maxItems', 'maxLength'],
  ...['maxProperties', 'maximum', 'minItems', 'minLength', 'minProperties', 'minimum', 'nullable', 'pattern'],
  ...['properties', 'propertyOrdering', 'required', 'title', 'type'],
])

const types = ['TYPE_UNSPECIFIED', 'STRING', 'NUMBER', 'INTEGER', 'BOOLEAN', 'ARRAY', 'OBJECT', 'NULL']
const written = [...types, ...types.map(each => each.toLowerCase())]

export function checkGoogleSchema(schema: Field): void {
  schema.only(keywords)
  const type = schema.get('type')
  if (!type.isAbsent) type.among(written)
  checkFormat(schema)
  const properties = schema.get('properties')
  if (!properties.isAbsent) for (const name of Object.keys(properties.object())) checkGoogleSchema(properties.get(name))
  if (!schema.get('items').isAbsent) checkGoogleSchema(schema.get('items'))
  schema.get('anyOf').items().forEach(checkGoogleSchema)
  for (const name of schema.get('required').items()) checkRequired(name, properties)
  for (const each of schema.get('enum').items()) each.needed().text()
}

function checkFormat(schema: Field): void {
  const format = schema.get('format')
  if (format.isAbsent || schema.get('type').text().toUpperCase() !== 'STRING') return
  if (!['enum', 'date-time'].includes(format.text()))
    throw format.wrong("only 'enum' and 'date-time' are supported for STRING type")
}

function checkRequired(name: Field, properties: Field): void {
  if (!properties.isAbsent && Object.hasOwn(properties.object(), name.needed().text())) return
  throw name.wrong('property is not defined')
}

/** The same as a JSON schema. */
export function jsonSchema(schema: Json): Json {
  if (isList(schema)) return schema.map(jsonSchema)
  if (!isObject(schema)) return schema
  return Object.fromEntries(Object.entries(schema).map(([name, held]) => [name, keyword(name, held ?? null)]))
}

/** Its lengths are 64 bits wide and so may be strings. */
const lengths = /^(min|max)(Items|Length|Properties)$/

function keyword(name: string, held: Json): Json {
  if (name === 'type' && typeof held === 'string') return held.toLowerCase()
  if (lengths.test(name)) return Number(held)
  if (name === 'properties' && isObject(held))
    return Object.fromEntries(Object.entries(held).map(([each, schema]) => [each, jsonSchema(schema ?? null)]))
  return name === 'items' || name === 'anyOf' ? jsonSchema(held) : held
}
