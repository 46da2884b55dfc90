import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { z } from 'zod'
import type { Json } from './json.ts'
import { fill } from './schema.ts'

type JsonSchema = Parameters<typeof z.fromJSONSchema>[0]

/** Zod reads the schema by itself: it knows nothing of how it was filled. */
const accepted = (schema: Json): Json => {
  const value = fill(schema)
  z.fromJSONSchema(structuredClone(schema) as JsonSchema).parse(structuredClone(value))
  return value
}

const inLists = (depth: number, items: Json): Json =>
  depth === 0 ? items : { type: 'array', minItems: 1, items: inLists(depth - 1, items) }

const node = {
  type: 'object',
  properties: { value: { type: 'integer' }, next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] } },
  required: ['value', 'next'],
}

describe('a schema is filled with a value that it accepts:', () => {
  test.each<[string, Json]>([
    ['a string', { type: 'string' }],
    ['a long string', { type: 'string', minLength: 200, maxLength: 201 }],
    ['a string of one letter', { type: 'string', maxLength: 1 }],
    ['an enum', { enum: ['red', 'green'] }],
    ['a const', { const: 'fixed' }],
    ['a date and time', { type: 'string', format: 'date-time' }],
    ['an email address', { type: 'string', format: 'email' }],
    ['a UUID', { type: 'string', format: 'uuid' }],
    ['a pattern', { type: 'string', pattern: '^[a-z]{3}\\d{3}$' }],
    ['an integer between bounds', { type: 'integer', minimum: 7, maximum: 7 }],
    ['an integer that is a multiple', { type: 'integer', minimum: 10, multipleOf: 7 }],
    ['an integer below zero', { type: 'integer', maximum: -5 }],
    ['a number between bounds that are not included', { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 1 }],
    ['a boolean', { type: 'boolean' }],
    ['null', { type: 'null' }],
    ['one of several types', { type: ['null', 'string'] }],
    ['an array of exact length', { type: 'array', items: { type: 'integer' }, minItems: 3, maxItems: 3 }],
    [
      'an array of different things',
      { type: 'array', items: { enum: ['a', 'b', 'c'] }, minItems: 3, uniqueItems: true },
    ],
    ['a tuple', { type: 'array', prefixItems: [{ type: 'string' }, { type: 'integer' }], items: false }],
    ['an object without more', { type: 'object', properties: { a: { type: 'string' } }, additionalProperties: false }],
    ['an object with any names', { type: 'object', additionalProperties: { type: 'integer' }, minProperties: 2 }],
    ['the first that can be filled', { anyOf: [{ not: {} }, { type: 'integer' }] }],
    ['one of several', { oneOf: [{ type: 'integer' }, { type: 'string' }] }],
    [
      'all of several',
      {
        allOf: [
          { type: 'object', properties: { a: { type: 'integer' } }, required: ['a'] },
          { properties: { b: { type: 'string', minLength: 9 } }, required: ['b'] },
        ],
      },
    ],
    [
      'a list that ends in a null of its own type',
      { type: ['object', 'null'], properties: { next: { $ref: '#' } }, required: ['next'] },
    ],
    ['a reference', { $ref: '#/$defs/name', $defs: { name: { type: 'string', minLength: 40 } } }],
    ['a list that contains itself', { ...node, $defs: { node } }],
    [
      'a tree that contains itself',
      { type: 'object', properties: { children: { type: 'array', items: { $ref: '#' } } }, required: ['children'] },
    ],
  ])('%s', (_, schema) => {
    expect(accepted(schema)).toEqual(fill(schema))
  })
})

test('what each of several schemas requires is there, deep down too', () => {
  const properties = { a: { type: 'integer' }, b: { type: 'integer' }, c: { type: 'integer' } }
  const both = { allOf: [{ type: 'object', properties, required: ['a'] }, { required: ['b'] }] }
  expect(fill(inLists(5, both))).toEqual([[[[[{ a: 1, b: 1 }]]]]])
})

test('properties are written in the order of the schema', () => {
  const properties = { z: { type: 'string' }, a: { type: 'integer' }, m: { type: 'boolean' } }
  expect(Object.keys(fill({ type: 'object', properties, required: ['m', 'a'] }) as object)).toEqual(['z', 'a', 'm'])
})

test('a property called __proto__ is one like any other', () => {
  const schema = JSON.parse('{"type":"object","properties":{"__proto__":{"type":"integer"}},"required":["__proto__"]}')
  expect(JSON.stringify(fill(schema))).toBe('{"__proto__":1}')
})

test('any schema made of the usual parts is filled with what it accepts', () => {
  const { schema } = fc.letrec<{ schema: Json }>(tie => ({
    schema: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom<Json>({ type: 'boolean' }, { type: 'null' }, { const: 'x' }, { enum: [1, 'two', null] }),
      fc.record({ type: fc.constant('string'), minLength: fc.nat(20) }),
      fc
        .tuple(fc.integer({ min: -99, max: 99 }), fc.nat(50))
        .map(([minimum, more]) => ({ type: 'integer', minimum, maximum: minimum + more })),
      fc
        .tuple(fc.integer({ min: -99, max: 99 }), fc.nat(50))
        .map(([minimum, more]) => ({ type: 'number', minimum, maximum: minimum + more })),
      fc.tuple(tie('schema'), fc.nat(3)).map(([items, minItems]) => ({ type: 'array', items, minItems })),
      fc.array(tie('schema'), { minLength: 1, maxLength: 3 }).map(anyOf => ({ anyOf })),
      fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), tie('schema'), { maxKeys: 4 }).map(properties => ({
        type: 'object',
        properties,
        required: Object.keys(properties).slice(1),
        additionalProperties: false,
      })),
    ),
  }))
  fc.assert(fc.property(schema, one => void accepted(one)))
})

describe('what cannot be filled is refused and named:', () => {
  const endless = { type: 'object', properties: { a: { $ref: '#' }, b: { $ref: '#' } }, required: ['a', 'b'] }
  test.each<[Json, RegExp]>([
    [false, /`false`/],
    [{ type: 'string', not: { const: 'a' } }, /`not`/],
    [{ type: 'object', properties: { a: { enum: [] } } }, /empty `enum` in the schema at \/a/],
    [{ type: 'string', pattern: '^\\d{99}$' }, /this string/],
    [{ type: 'integer', minimum: 3, maximum: 2 }, /range of numbers/],
    [{ type: 'number', minimum: 3, maximum: 2 }, /range of numbers/],
    [{ type: 'array', items: { const: 1 }, minItems: 2, uniqueItems: true }, /`uniqueItems`/],
    [{ $ref: '#/$defs/none' }, /leads nowhere/],
    [{ $ref: 'https://example.com/a' }, /https:\/\/example.com\/a/],
    [{ type: 'colour' }, /the type 'colour'/],
    [endless, /without end/],
  ])('%j', (schema, sentence) => {
    expect(() => fill(schema)).toThrow(sentence)
  })
})
