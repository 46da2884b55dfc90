import { expect, test } from 'bun:test'
import { dateAt, momentOf, systemClock } from './clock.ts'

test('now never goes back, and wall is the time of the world', () => {
  const times = Array.from({ length: 1000 }, systemClock.now)
  expect(times).toEqual(times.toSorted((a, b) => a - b))
  expect(Math.abs(systemClock.wall() - Date.now())).toBeLessThan(1000)
})

test('a bell rings once, not before its time', async () => {
  const began = systemClock.now()
  let rings = 0
  await new Promise<void>(resolve => {
    systemClock.after(20, () => {
      rings++
      resolve()
    })
  })
  expect(systemClock.now() - began).toBeGreaterThan(18)
  expect(rings).toBe(1)
})

test('a bell that was cancelled, even twice, does not ring', async () => {
  let rang = false
  const cancel = systemClock.after(1, () => {
    rang = true
  })
  cancel()
  cancel()
  // Bells of one process ring in the order of their times: once this later one has rung, the other would have.
  await new Promise<void>(resolve => systemClock.after(5, resolve))
  expect(rang).toBe(false)
})

test('a moment is read from a date of HTTP or of ISO 8601, and from nothing else', () => {
  expect(momentOf('Fri, 31 Dec 1999 23:59:59 GMT')).toBe(946_684_799_000)
  expect(momentOf('1999-12-31T23:59:59Z')).toBe(946_684_799_000)
  expect(momentOf('soon')).toBeUndefined()
  expect(dateAt(946_684_799_000).toISOString()).toBe('1999-12-31T23:59:59.000Z')
})
