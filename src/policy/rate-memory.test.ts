import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Gauge } from '../model/health.ts'
import { emptyUntil, type Rates, readRates, spent, type Told, told, unlimited } from './rate-memory.ts'

const gauge = (remaining: number, resetMs?: number, limit = 10, of: Gauge['of'] = 'requests'): Gauge => ({
  of,
  limit,
  remaining,
  resetMs,
})
const well = (...gauges: Gauge[]): Told => ({ refused: false, retryAfterMs: undefined, gauges })
const refused = (retryAfterMs?: number, ...gauges: Gauge[]): Told => ({ refused: true, retryAfterMs, gauges })
const pause = (rates: Rates, now: number) => rates.pausedUntil - now

describe('a refusal', () => {
  test('pauses the place for as long as it asked', () => {
    expect(pause(told(unlimited, refused(7_000), 100), 100)).toBe(7_000)
  })

  test('of a year pauses it for five minutes', () => {
    expect(pause(told(unlimited, refused(31_536_000_000), 100), 100)).toBe(300_000)
  })

  test('without a time pauses it until its empty limit refills', () => {
    expect(pause(told(unlimited, refused(undefined, gauge(0, 4_000), gauge(5, 9_000)), 0), 0)).toBe(4_000)
  })

  test('with no time at all pauses it until its empty limit refills', () => {
    expect(pause(told(unlimited, refused(0, gauge(0, 4_000)), 0), 0)).toBe(4_000)
  })

  test('that says nothing pauses it shortly, and longer after each further one, until one is well', () => {
    let rates = unlimited
    const pauses = [0, 0, 0, 0, 0].map((_, n) => {
      rates = told(rates, refused(n === 2 ? 0 : undefined), n * 60_000)
      return pause(rates, n * 60_000)
    })
    expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 10_000])
    const after = told(told(rates, well(), 400_000), refused(), 400_000)
    expect(pause(after, 400_000)).toBe(1_000)
  })

  test('never makes a pause shorter', () => {
    const rates = told(told(unlimited, refused(20_000), 0), refused(1_000), 5_000)
    expect(rates.pausedUntil).toBe(20_000)
  })
})

describe('a gauge', () => {
  test('at zero says that the place is empty until it refills, and pauses nothing', () => {
    const rates = told(unlimited, well(gauge(0, 4_000)), 100)
    expect([emptyUntil(rates), rates.pausedUntil]).toEqual([4_100, Number.NEGATIVE_INFINITY])
  })

  test('at zero that does not say when it refills is none', () => {
    expect(emptyUntil(told(unlimited, well(gauge(0)), 100))).toBe(Number.NEGATIVE_INFINITY)
  })

  test('counts down with the tries that begin, until a reply tells more', () => {
    const two = told(unlimited, well(gauge(2, 4_000)), 0)
    expect([emptyUntil(spent(two)), emptyUntil(spent(spent(two)))]).toEqual([Number.NEGATIVE_INFINITY, 4_000])
    expect(emptyUntil(told(spent(spent(two)), well(gauge(9, 4_000)), 10))).toBe(Number.NEGATIVE_INFINITY)
  })

  test('of several of a kind is the one nearest to its end', () => {
    const rates = told(unlimited, well(gauge(900, 10, 1000), gauge(1, 20, 10), gauge(50, 30, 100)), 0)
    expect(readRates(rates, 0).requests).toEqual({ limit: 10, remaining: 1, resetMs: 20 })
    const empty = told(unlimited, well(gauge(0, 10), gauge(0, 500)), 0)
    expect(emptyUntil(empty)).toBe(500)
  })

  test('of tokens and one of requests stand side by side, and the later counts', () => {
    const rates = told(told(unlimited, well(gauge(0, 10)), 0), well(gauge(0, 90, 5, 'tokens')), 5)
    expect([emptyUntil(rates), readRates(rates, 5).tokens]).toEqual([95, { limit: 5, remaining: 0, resetMs: 90 }])
  })

  test('that has refilled is not shown as empty', () => {
    expect(readRates(told(unlimited, well(gauge(0, 10)), 0), 10).requests).toEqual({
      limit: 10,
      remaining: undefined,
      resetMs: 0,
    })
  })
})

test('a wait on a reply that was well starts no pause', () => {
  expect(told(unlimited, { refused: false, retryAfterMs: 15_000, gauges: [] }, 0)).toBe(unlimited)
})

test('nothing that a provider tells keeps a place from being asked for longer than five minutes', () => {
  const gauges = fc.record({
    of: fc.constantFrom('requests' as const, 'tokens' as const),
    limit: fc.option(fc.nat(), { nil: undefined }),
    remaining: fc.nat(5),
    resetMs: fc.option(fc.nat(1e9), { nil: undefined }),
  })
  const one = fc.record({
    wait: fc.nat(100_000),
    refused: fc.boolean(),
    retryAfterMs: fc.option(fc.nat(1e9), { nil: undefined }),
    gauges: fc.array(gauges, { maxLength: 4 }),
  })
  fc.assert(
    fc.property(fc.array(one, { maxLength: 30 }), replies => {
      let rates = unlimited
      let now = 0
      for (const { wait, ...reply } of replies) {
        now += wait
        const before = rates.pausedUntil
        rates = told(spent(rates), reply, now)
        expect(rates.pausedUntil).toBeGreaterThanOrEqual(before)
        expect(Math.max(rates.pausedUntil, emptyUntil(rates))).toBeLessThanOrEqual(now + 300_000)
        if (reply.refused) expect(rates.pausedUntil).toBeGreaterThan(now)
      }
    }),
  )
})
