import { expect, test } from 'bun:test'
import { duration, keepLimits } from './limits.ts'
import { rememberPrefixes } from './prefixes.ts'
import { watch } from './seen.ts'
import { lorem } from './words.ts'

test('what was taken from the limits comes back over a minute', () => {
  let time = 0
  const limits = keepLimits(() => time)
  const before = limits(600_000_000, undefined)
  expect(before.tokens).toEqual({ limit: 3_000_000_000, remaining: 2_400_000_000, reset: 12_000 })
  expect(before.requests.remaining).toBe(29_999_999)
  time = 6000
  expect(limits(0, undefined).tokens).toEqual({ limit: 3_000_000_000, remaining: 2_700_000_000, reset: 6000 })
  time = 60_000
  expect(limits(0, undefined).tokens.remaining).toBe(3_000_000_000)
})

test('what remains can be said to be something else', () => {
  expect(keepLimits(() => 0)(1, 3).requests).toEqual({ limit: 30_000_000, remaining: 3, reset: 1000 })
})

test.each([
  [0, '0ms'],
  [0.2, '1ms'],
  [12, '12ms'],
  [1500, '1.5s'],
  [59_369, '59.369s'],
  [62_500, '1m2.5s'],
])('%d ms until the reset are written %s', (ms, written) => {
  expect(duration(ms)).toBe(written)
})

test('a prompt of 1024 tokens or more is cached in steps of 128, for one model', () => {
  const recall = rememberPrefixes()
  const long = lorem(1300)
  expect(recall('echo', lorem(1023))).toBe(0)
  expect(recall('echo', lorem(1023))).toBe(0)
  expect(recall('echo', long)).toBe(0)
  expect(recall('echo', long)).toBe(1280)
  expect(recall('echo', `${long} and more`)).toBe(1280)
  expect(recall('echo', lorem(1100))).toBe(1024)
  expect(recall('lorem', long)).toBe(0)
  expect(recall('echo', ` x${long}`)).toBe(0)
})

const request = (body: string | Buffer) => ({
  method: 'POST',
  path: '/v1/x',
  headers: {},
  rawHeaders: [],
  body: Buffer.from(body),
})

test('the last hundred requests are kept, and of large ones fewer', () => {
  const seen = watch()
  for (let i = 0; i < 130; i++) seen.keep(request(`${i}`))
  expect(seen.requests()).toHaveLength(100)
  expect(seen.requests()[0]).toMatchObject({ body: '30' })
  const large = Buffer.alloc(10 * 1024 * 1024)
  for (let i = 0; i < 5; i++) seen.keep(request(large))
  expect(seen.requests()).toHaveLength(3)
  seen.forget()
  expect(seen.requests()).toEqual([])
})

test('a body that is no text is kept exactly', () => {
  const seen = watch()
  seen.keep(request(Buffer.from([0x7b, 0xff, 0x7d])))
  expect(seen.requests()[0]).toMatchObject({ bodyBase64: 'e/99' })
})
