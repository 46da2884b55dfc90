import { expect, test } from 'bun:test'
import { readRetryAfter, readWait } from './retry-after.ts'

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
  ['a millisecond rounded to none, and a second', { 'retry-after-ms': '0', 'retry-after': '1' }, 1000],
  ['none at all in milliseconds', { 'retry-after-ms': '0' }, 0],
  ['a negative time in milliseconds, and seconds', { 'retry-after-ms': '-1', 'retry-after': '1' }, 1000],
  ['a moment', { 'retry-after': String(wall / 1000 + 30) }, 30_000],
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

test.each([
  ['12', 12_000],
  ['0', 0],
  ['7.66', 7660],
  ['1s', 1000],
  ['6m0s', 360_000],
  ['12ms', 12],
  ['4m18.767s', 258_767],
  ['0h6m0.5s', 360_500],
  ['48.939935699s', 48_939.935699],
  ['2d', 3_600_000],
  [String(wall / 1000 + 5), 5000],
  [String(wall + 5000), 5000],
  [String(wall - 5000), 0],
  ['2026-11-22T12:00:27Z', 27_000],
  ['2026-11-22T13:00:27.250+01:00', 27_250],
  ['2026-11-22T11:00:00Z', 0],
  ['2031-01-01T00:00:00Z', 3_600_000],
  ['-1', undefined],
  ['-1s', undefined],
  ['1e3', undefined],
  ['soon', undefined],
  ['s', undefined],
  ['', undefined],
  [undefined, undefined],
] as const)('the wait %p is %p ms', (written, ms) => {
  expect(readWait(written, () => wall)).toBe(ms as number)
})
