import { describe, expect, test } from 'bun:test'
import type { JsonObject } from '../model/json.ts'
import { isStrict } from './openai-strict.ts'

const closed = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
  ...more,
})
const text = { type: 'string' }

describe('a schema is followed strictly', () => {
  const schemas: readonly (readonly [string, JsonObject])[] = [
    ['if it is of nothing', closed({})],
    ['if it is of nothing, which needs no list', { type: 'object', additionalProperties: false }],
    [
      'with limits of numbers and of lists',
      closed({ a: { type: 'array', items: { type: 'integer', minimum: 1 }, maxItems: 2 } }),
    ],
    ['with what may be null', closed({ a: { type: ['string', 'null'] }, b: { anyOf: [text, { type: 'null' }] } })],
    ['with what is defined once', closed({ a: { $ref: '#/$defs/A' } }, { $defs: { A: closed({ b: text }) } })],
    ['with a format that is known', closed({ a: { type: 'string', format: 'date-time' } })],
  ]
  test.each([...schemas])('%s', (_, schema) => {
    expect(isStrict(schema)).toBe(true)
  })
})

describe('a schema is not followed strictly', () => {
  const schemas: readonly (readonly [string, JsonObject])[] = [
    ['if it is open', { type: 'object', properties: { a: text }, required: ['a'] }],
    ['with a property that may be left out', closed({ a: text, b: text }, { required: ['a'] })],
    ['with an object in it that is open', closed({ a: { type: 'object', properties: {} } })],
    ['with an object in a list that is open', closed({ a: { type: 'array', items: { type: ['object', 'null'] } } })],
    ['with a definition that is open', closed({}, { $defs: { A: { type: 'object' } } })],
    ['with an alternative that is open', closed({ a: { anyOf: [text, { properties: { b: text } }] } })],
    ['with a default', closed({ a: { ...text, default: 'x' } })],
    ['with a limit of lengths', closed({ a: { ...text, minLength: 1 } })],
    ['with one of several', closed({ a: { oneOf: [text] } })],
    ['with a format of its own', closed({ a: { ...text, format: 'uri' } })],
    ['with anything', closed({ a: {} })],
    ['with what is no schema', closed({ a: true })],
    ['if it is not of an object', { type: 'array', items: text }],
    ['if it is of one of several', closed({}, { anyOf: [closed({})] })],
    ['if it says nothing', {}],
  ]
  test.each([...schemas])('%s', (_, schema) => {
    expect(isStrict(schema)).toBe(false)
  })
})
