import { expect, test } from 'bun:test'
import type { Json } from '../model/json.ts'
import { count, moment, outputs, place } from './told.ts'

const counts: readonly (readonly [Json | undefined, number | undefined])[] = [
  [0, 0],
  [7, 7],
  ['7', 7],
  [2.5, 3],
  [-1, undefined],
  ['', undefined],
  [' ', undefined],
  ['many', undefined],
  [1e300, undefined],
  ['Infinity', undefined],
  [null, undefined],
  [[7], undefined],
  [undefined, undefined],
]

test.each([...counts])('%p counts %p tokens', (value, tokens) => {
  expect(count(value)).toBe(tokens as number)
})

test('a moment is in whole seconds, and never before 1970', () => {
  expect([0, 7.9, '7.9', -0.5, null, '', 1e300].map(moment)).toEqual([
    0,
    7,
    7,
    undefined,
    undefined,
    undefined,
    undefined,
  ])
})

test('a place is a whole number from 0 on', () => {
  expect([0, '3', 2.5, -1, 1e300, '', null, '0x', true].map(place)).toEqual([0, 3, ...Array(7).fill(undefined)])
})

const reports: readonly (readonly [string, Parameters<typeof outputs>, ReturnType<typeof outputs>])[] = [
  ['inside', [10, 20, 30, 5], { output: 15, reasoning: 5 }],
  ['inside, where there is no total', [10, 20, undefined, 5], { output: 15, reasoning: 5 }],
  ['beside, by the total', [10, 20, 35, 5], { output: 20, reasoning: 5 }],
  ['beside, by the total alone', [10, 20, 35, 0], { output: 20, reasoning: 5 }],
  ['beside, because there is more of it', [10, 20, 30, 25], { output: 20, reasoning: 25 }],
]

test.each([...reports])('reasoning is counted %s', (_, counted, expected) => {
  expect(outputs(...counted)).toEqual(expected)
})
