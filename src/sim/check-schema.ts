/** Whether a schema is one: it need not be one that the sim can fill, but it must not be nonsense. */

import type { Field } from './field.ts'
import { isList } from './json.ts'

const types = ['string', 'number', 'integer', 'boolean', 'object', 'array', 'null']

/** Refuses with the path to what is wrong in it. */
export function checkSchema(schema: Field): void {
  if (typeof schema.value === 'boolean') return
  schema.needed().object()
  checkType(schema.get('type'))
  checkEach(schema, ['properties', '$defs', 'definitions'])
  for (const name of ['items', 'additionalProperties', 'not']) {
    const inner = schema.get(name)
    if (!inner.isAbsent) for (const each of isList(inner.value) ? inner.items() : [inner]) checkSchema(each)
  }
  for (const name of ['anyOf', 'oneOf', 'allOf', 'prefixItems']) schema.get(name).items().forEach(checkSchema)
  for (const name of schema.get('required').items()) name.needed().text()
  schema.get('enum').items()
}

function checkType(type: Field): void {
  if (type.isAbsent) return
  const all = isList(type.value) ? type.items() : [type]
  for (const each of all) each.among(types)
}

function checkEach(schema: Field, names: readonly string[]): void {
  for (const name of names) {
    const members = schema.get(name)
    if (members.isAbsent) continue
    for (const member of Object.keys(members.object())) checkSchema(members.get(member))
  }
}
