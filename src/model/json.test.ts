import { expect, test } from 'bun:test'
import { isObject, objectIn } from './json.ts'

test('an object is an object, and no list, null, text or number is', () => {
  expect([{}, { a: 1 }, Object.create(null)].map(isObject)).toEqual([true, true, true])
  expect([[], null, undefined, '{}', 5, true].some(isObject)).toBe(false)
})

test('a text that is an object in JSON is that object, and any other text is none', () => {
  expect(objectIn(' {"a":[1]}')).toEqual({ a: [1] })
  expect(['[]', '"a"', 'null', '', '{', '<html>'].map(objectIn)).toEqual(Array(6).fill(undefined))
})
