import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { Tally } from './tally.ts'

test('a tally slides: nothing leaves early, and nothing stays a step longer than its span', () => {
  const step = fc.record({ wait: fc.oneof(fc.nat(200), fc.nat(70_000)), amount: fc.nat(50) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), steps => {
      const tally = new Tally(60_000)
      const log: { at: number; amount: number }[] = []
      const since = (ms: number) => log.filter(({ at }) => at > now - ms).reduce((sum, { amount }) => sum + amount, 0)
      let now = 0
      for (const { wait, amount } of steps) {
        now += wait
        tally.add(amount, now)
        log.push({ at: now, amount })
        expect(tally.sum(now)).toBeGreaterThanOrEqual(since(60_000))
        expect(tally.sum(now)).toBeLessThanOrEqual(since(60_250))
      }
    }),
  )
})

test('it says when it will be below a limit, and then it is', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(5_000), { minLength: 1, maxLength: 50 }),
      fc.integer({ min: 1, max: 20 }),
      (waits, limit) => {
        const tally = new Tally(60_000)
        let now = 0
        for (const wait of waits) {
          now += wait
          tally.add(1, now)
        }
        const free = tally.freeAt(limit, now)
        if (free > now) expect(tally.sum(free - 1)).toBeGreaterThanOrEqual(limit)
        expect(tally.sum(free)).toBeLessThan(limit)
      },
    ),
  )
})
