import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { Window } from './window.ts'

class Sum {
  value = 0
  clear(): void {
    this.value = 0
  }
}

test('a window holds what happened in its span, and lags by a slice at most', () => {
  const step = fc.record({ wait: fc.nat(25_000), amount: fc.nat(9) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), steps => {
      const window = new Window(60_000, 12, () => new Sum())
      const log: { at: number; amount: number }[] = []
      const since = (ms: number) => log.filter(({ at }) => at > now - ms).reduce((sum, { amount }) => sum + amount, 0)
      let now = 0
      for (const { wait, amount } of steps) {
        now += wait
        window.at(now).value += amount
        log.push({ at: now, amount })
        const held = [...window.last(now)].reduce((sum, { value }) => sum + value, 0)
        expect(held).toBeLessThanOrEqual(since(60_000))
        expect(held).toBeGreaterThanOrEqual(since(55_000))
      }
    }),
  )
})

test('a window that nothing was written into for long is empty', () => {
  const window = new Window(60_000, 12, () => new Sum())
  window.at(1).value = 1
  expect([...window.last(59_999)]).toHaveLength(1)
  expect([...window.last(60_001)]).toHaveLength(0)
})
