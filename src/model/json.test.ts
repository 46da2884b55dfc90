import { expect, test } from 'bun:test'
import { isObject } from './json.ts'

test('an object is an object, and no list, null, text or number is', () => {
  expect([{}, { a: 1 }, Object.create(null)].map(isObject)).toEqual([true, true, true])
  expect([[], null, undefined, '{}', 5, true].some(isObject)).toBe(false)
})
