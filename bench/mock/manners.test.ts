import { describe, expect, test } from 'bun:test'
import { MODEL, pacedModel } from '../content.ts'
import { quantiles } from '../load/open.ts'
import { FAILS, MIXED, mannerOf, TAIL } from './manners.ts'

const nothing = Buffer.from('{}')
const delays = (model: string) => {
  const { delayMs = expect.unreachable() } = mannerOf(model, nothing)
  return Array.from({ length: 20_000 }, delayMs)
}

test('under its plain name it answers at once, and always', () => {
  expect(mannerOf(MODEL, nothing)).toEqual({ fails: false, delayMs: undefined, pace: undefined })
  expect(mannerOf(FAILS, nothing).fails).toBe(true)
})

test('mixed, one reply in ten is long', () => {
  const times = delays(MIXED)
  const long = times.filter(ms => ms >= 90)
  expect(long.length / times.length).toBeWithin(0.09, 0.11)
  expect([Math.min(...times), Math.max(...times)].map(Math.round)).toEqual([7, 110])
  expect(quantiles(times).p95).toBeWithin(98, 102)
})

test('with a tail two of a hundred take two seconds, and the second target is no better', () => {
  for (const model of [TAIL, `${TAIL}-second`]) {
    const slow = delays(model).filter(ms => ms === 2000)
    expect(slow.length / 20_000).toBeWithin(0.018, 0.022)
  }
})

describe('a paced stream', () => {
  const paceOf = (model: string, body = nothing) => mannerOf(model, body).pace
  const plain = { everyMs: 20, from: 0, ending: undefined, stampAll: false } as const

  test.each([
    ['', plain],
    ['-dies', { ...plain, ending: 'dies' }],
    ['-stalls', { ...plain, ending: 'stalls' }],
    ['-stamped', { ...plain, stampAll: true }],
    ['-resumes', plain],
  ] as const)('%s', (wish, pace) => {
    expect(paceOf(pacedModel(20) + wish)).toEqual(pace)
  })

  test('that resumes goes on behind the last word that it is told of, in each request anew', () => {
    const asked = (text: string) => paceOf(`${pacedModel(20)}-resumes`, Buffer.from(text))?.from
    expect([asked('said: " word-0 word-8"'), asked('" word-0 word-11"'), asked('')]).toEqual([9, 12, 0])
  })
})
