import { describe, expect, test } from 'bun:test'
import type { Json } from '../model/json.ts'
import {
  beyond,
  type Check,
  each,
  flag,
  invalid,
  list,
  maybe,
  name,
  number,
  object,
  text,
  texts,
  whole,
} from './check.ts'
import { faultOf } from './sample.test-data.ts'

function refusal(read: () => unknown): readonly [string | undefined, string] {
  const { code, param, message } = faultOf(read)
  expect(code).toBe('invalid_request')
  return [param, message]
}

const kinds: readonly (readonly [string, Check<unknown>, readonly Json[], readonly Json[], string])[] = [
  ['text', text, ['', 'a'], [5, {}, null], 'must be a string'],
  ['name', name, ['a'], ['', 5, null], 'must be a string that is not empty'],
  ['number', number, [0, -1.5], ['1', true], 'must be a number'],
  ['whole', whole, [0, -1], [1.5, '1'], 'must be a whole number'],
  ['flag', flag, [true, false], [0, 'true'], 'must be true or false'],
  ['object', object, [{}, { a: 1 }], [[], 'a', null], 'must be an object'],
  ['list', list, [[], [1]], [{}, 'a'], 'must be an array'],
]

test.each([...kinds])(
  '%s takes what it is for, and refuses the rest with place and rule',
  (_, check, good, bad, rule) => {
    for (const value of good) expect(check(value, 'a.b')).toBe(value)
    for (const value of bad)
      expect(refusal(() => check(value, 'a.b'))).toEqual(['a.b', `'a.b' ${rule}; it is ${JSON.stringify(value)}.`])
    expect(refusal(() => check(undefined, 'a.b'))).toEqual(['a.b', `'a.b' ${rule}; it is missing.`])
  },
)

describe('in an array', () => {
  test('each element knows its place', () => {
    expect(each(['x', 'y'], 'stop', (value, at) => `${at}=${text(value, at)}`)).toEqual(['stop[0]=x', 'stop[1]=y'])
    expect(refusal(() => texts(['x', 5], 'stop'))).toEqual(['stop[1]', "'stop[1]' must be a string; it is 5."])
  })
})

test('a field that is missing or null may be left out, and one that is there is read', () => {
  expect([maybe(text, undefined, 'a'), maybe(text, null, 'a'), maybe(text, '', 'a')]).toEqual([
    undefined,
    undefined,
    '',
  ])
  expect(refusal(() => maybe(text, 5, 'a'))[0]).toBe('a')
})

test('what is beyond the known fields is told by its path; a null says nothing', () => {
  expect(beyond({ a: 1, b: 2, c: null, d: undefined }, new Set(['a']), 'x.')).toEqual([['x.b', 2]])
})

test('a fault of the whole request names no field, and what is long is not repeated whole', () => {
  expect(refusal(() => object(5, ''))).toEqual([undefined, 'The request must be an object; it is 5.'])
  expect(invalid('a', 'must be short', 'x'.repeat(9999)).message.length).toBeLessThan(100)
})
