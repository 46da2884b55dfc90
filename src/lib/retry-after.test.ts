import { expect, test } from 'bun:test'
import { readRetryAfter } from './retry-after.ts'

const wall = Date.parse('2026-11-22T12:00:00Z')

const cases: readonly (readonly [string, { readonly [name: string]: string }, number | undefined])[] = [
  ['no header', {}, undefined],
  ['seconds', { 'retry-after': '2' }, 2000],
  ['parts of a second', { 'retry-after': '0.25' }, 250],
  ['none at all', { 'retry-after': '0' }, 0],
  ['milliseconds, which are more exact', { 'retry-after-ms': '1500', 'retry-after': '2' }, 1500],
  ['milliseconds that are nonsense, and seconds', { 'retry-after-ms': 'x', 'retry-after': '2' }, 2000],
  ['a date', { 'retry-after': 'Sun, 22 Nov 2026 12:00:30 GMT' }, 30_000],
  ['a date in the past', { 'retry-after': 'Sun, 22 Nov 2026 11:00:00 GMT' }, 0],
  ['a year', { 'retry-after': '31536000' }, 3_600_000],
  ['a date in a year', { 'retry-after': 'Mon, 22 Nov 2027 12:00:00 GMT' }, 3_600_000],
  ['a negative time', { 'retry-after': '-5' }, undefined],
  ['an empty text', { 'retry-after': ' ' }, undefined],
  ['a word', { 'retry-after': 'later' }, undefined],
  ['no end', { 'retry-after': 'Infinity' }, undefined],
]

test.each([...cases])('%s', (_, headers, ms) => {
  expect(
    readRetryAfter(
      name => headers[name],
      () => wall,
    ),
  ).toBe(ms as number)
})
