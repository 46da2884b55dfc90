import { expect, test } from 'bun:test'
import type { Clock } from './clock.ts'
import { watchLag } from './lag.ts'

/** A clock whose bells ring as late as a test says. */
function lateClock() {
  let now = 0
  let bell: { readonly at: number; readonly ring: () => void } | undefined
  const clock: Clock = {
    now: () => now,
    wall: () => now,
    after(ms, ring) {
      bell = { at: now + ms, ring }
      return () => {
        bell = undefined
      }
    },
  }
  return {
    clock,
    rings: () => bell !== undefined,
    late(ms: number, times = 1) {
      for (let i = 0; i < times; i++) {
        const { at, ring } = bell ?? { at: now, ring: () => undefined }
        now = at + ms
        ring()
      }
    },
  }
}

test('a loop that keeps up has no lag, and one pause is not yet a trend', () => {
  const { clock, late } = lateClock()
  const lag = watchLag(clock, 1000)
  late(0, 50)
  expect(lag.ms()).toBe(0)
  late(3_600_000)
  expect(lag.ms()).toBe(300)
  late(0, 20)
  expect(lag.ms()).toBeLessThan(1)
})

test('a loop that is late again and again is told to be so within half a second, and recovers within a second', () => {
  const { clock, late } = lateClock()
  const lag = watchLag(clock, 1000)
  late(800, 5)
  expect(lag.ms()).toBeGreaterThan(500)
  late(0, 10)
  expect(lag.ms()).toBeLessThan(50)
})

test('whoever stops it leaves no bell behind', () => {
  const { clock, late, rings } = lateClock()
  const lag = watchLag(clock, 1000)
  late(0)
  lag.stop()
  expect(rings()).toBe(false)
})
