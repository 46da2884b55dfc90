import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Clock } from '../../src/lib/clock.ts'
import type { Counters } from '../../src/ports/counters.ts'
import { type FakeClock, fakeClock } from '../fakes/clock.ts'

type Opened = { readonly counters: Counters; readonly clock: FakeClock }

/**
 * What every counter promises. `lateMs` is how much longer than its window a request may be remembered, for a window
 * of a minute: never shorter.
 */
export function countersContract(name: string, open: (clock: Clock) => Counters, lateMs: number): void {
  const minute = 60_000

  function start(): Opened {
    const clock = fakeClock()
    return { counters: open(clock), clock }
  }

  async function takeMany({ counters }: Opened, many: number, limit: number, key = 'key'): Promise<number> {
    let ok = 0
    for (let i = 0; i < many; i++) if ((await counters.take(key, limit, minute)).ok) ok++
    return ok
  }

  describe(`the counters in ${name}`, () => {
    test('give the limit and no more, and say what is left', async () => {
      const { counters } = start()
      const figures = { limit: 2, resetMs: minute }
      expect(await counters.take('key', 2, minute)).toEqual({ ...figures, ok: true, remaining: 1, retryAfterMs: 0 })
      expect(await counters.take('key', 2, minute)).toEqual({
        ...figures,
        ok: true,
        remaining: 0,
        retryAfterMs: minute,
      })
      expect(await counters.take('key', 2, minute)).toEqual({
        ...figures,
        ok: false,
        remaining: 0,
        retryAfterMs: minute,
      })
    })

    test('slide: what was taken is free again one by one, not all at the turn of a minute', async () => {
      const opened = start()
      await takeMany(opened, 1, 2)
      opened.clock.advance(40_000)
      await takeMany(opened, 1, 2)
      expect(await opened.counters.take('key', 2, minute)).toMatchObject({
        ok: false,
        retryAfterMs: 20_000,
        resetMs: minute,
      })
      opened.clock.advance(20_000)
      expect(await opened.counters.take('key', 2, minute)).toMatchObject({
        ok: true,
        remaining: 0,
        retryAfterMs: 40_000,
      })
      opened.clock.advance(39_999)
      expect(await takeMany(opened, 1, 2)).toBe(0)
      opened.clock.advance(1)
      expect(await takeMany(opened, 3, 2)).toBe(1)
    })

    test('take nothing when they refuse', async () => {
      const opened = start()
      await takeMany(opened, 3, 3)
      for (let second = 0; second < 59; second++) {
        opened.clock.advance(1000)
        expect(await takeMany(opened, 20, 3)).toBe(0)
      }
      opened.clock.advance(1000)
      expect(await takeMany(opened, 20, 3)).toBe(3)
    })

    test('allow a request after exactly the wait that they named', async () => {
      const opened = start()
      for (let i = 0; i < 5; i++) {
        opened.clock.advance(1234.56789)
        await takeMany(opened, 1, 5)
      }
      for (let i = 0; i < 20; i++) {
        const { ok, retryAfterMs } = await opened.counters.take('key', 5, minute)
        expect(ok).toBe(i % 2 === 1)
        opened.clock.advance(ok ? 0 : retryAfterMs)
      }
    })

    test('keep names apart, odd ones too', async () => {
      const opened = start()
      for (const key of ['a', 'b', '', '__proto__', 'constructor', 'a:b', '60000:a', '\ud800']) {
        expect(await takeMany(opened, 3, 2, key)).toBe(2)
      }
    })

    test('heed a limit that was lowered or raised in between', async () => {
      const opened = start()
      for (let i = 0; i < 4; i++) {
        await takeMany(opened, 1, 4)
        opened.clock.advance(1000)
      }
      expect(await opened.counters.take('key', 2, minute)).toMatchObject({
        ok: false,
        remaining: 0,
        retryAfterMs: 58_000,
      })
      expect(await takeMany(opened, 10, 6)).toBe(2)
    })

    test('give nothing under a limit of nothing, and name a wait that is a number', async () => {
      const { counters } = start()
      expect(await counters.take('key', 0, minute)).toMatchObject({ ok: false, remaining: 0, retryAfterMs: minute })
    })

    test('never exceed the limit in any window, and refuse only what is close to it', async () => {
      const step = fc.record({
        wait: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 70_000 })),
        many: fc.integer({ min: 1, max: 12 }),
      })
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 1, max: 30 }), fc.array(step, { maxLength: 60 }), async (limit, walk) => {
          const opened = start()
          const log: number[] = []
          const within = (ms: number) => log.filter(at => at > opened.clock.now() - ms).length
          for (const { wait, many } of walk) {
            opened.clock.advance(wait)
            for (let i = 0; i < many; i++) {
              const { ok, remaining, retryAfterMs } = await opened.counters.take('key', limit, minute)
              if (!ok) expect(within(minute + lateMs)).toBeGreaterThanOrEqual(limit)
              if (ok) log.push(opened.clock.now())
              expect(within(minute)).toBeLessThanOrEqual(limit)
              expect(remaining).toBeLessThanOrEqual(limit - within(minute))
              expect(remaining).toBeGreaterThanOrEqual(limit - within(minute + lateMs))
              expect(retryAfterMs === 0).toBe(remaining > 0)
            }
          }
        }),
        { numRuns: 300 },
      )
    })
  })
}
