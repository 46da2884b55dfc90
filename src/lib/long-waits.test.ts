import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { fakeClock } from '../../test/fakes/clock.ts'
import { LongWaits } from './long-waits.ts'

/** Long waits over a clock that a test moves on, with what is known of their one alarm. */
function waiting() {
  const clock = fakeClock()
  const seen = { set: 0, held: false }
  const waits = new LongWaits({
    now: clock.now,
    set(ms, ring) {
      const hold = (held: boolean): void => {
        seen.held = held
      }
      const rings = (): void => {
        hold(false)
        ring()
      }
      seen.set++
      hold(true)
      return { cancel: clock.after(ms, rings), hold }
    },
  })
  const advance = async (ms: number): Promise<void> => {
    clock.advance(ms)
    await Promise.resolve()
  }
  return { clock, waits, seen, advance }
}

test('a wait rings once, not early, and at most a hundredth of a second late', async () => {
  const { clock, waits, advance } = waiting()
  await advance(3)
  const rung: number[] = []
  waits.after(1_000, () => rung.push(clock.now()))
  await advance(999)
  expect(rung).toEqual([])
  await advance(11)
  await advance(60_000)
  expect(rung).toHaveLength(1)
})

test('one that was cancelled, even twice, does not ring, and harms no other', async () => {
  const { waits, advance } = waiting()
  const rung: string[] = []
  const [a, b, c] = ['a', 'b', 'c'].map(name => waits.after(1_000, () => rung.push(name)))
  a?.()
  a?.()
  await advance(2_000)
  b?.()
  c?.()
  expect(rung.sort()).toEqual(['b', 'c'])
})

test('one may cancel another that would ring in the same moment', async () => {
  const { waits, advance } = waiting()
  const rung: string[] = []
  waits.after(1_000, () => {
    rung.push('first')
    cancel()
  })
  const cancel = waits.after(1_000, () => rung.push('second'))
  await advance(2_000)
  expect(rung).toEqual(['first'])
})

test('one that is set while another rings waits its whole time', async () => {
  const { clock, waits, advance } = waiting()
  const rung: number[] = []
  waits.after(1_000, () => waits.after(1_000, () => rung.push(clock.now())))
  await advance(1_500)
  await advance(990)
  expect(rung).toEqual([])
  await advance(20)
  expect(rung).toHaveLength(1)
})

describe('the one alarm', () => {
  test('is set once for many waits, and anew for one that ends sooner', () => {
    const { waits, seen } = waiting()
    for (let n = 0; n < 100; n++) waits.after(60_000 + n, () => undefined)
    expect(seen.set).toBe(1)
    waits.after(2_000, () => undefined)
    expect(seen.set).toBe(2)
  })

  test('does not keep the process when nobody waits', async () => {
    const { waits, seen, advance } = waiting()
    const cancel = waits.after(60_000, () => undefined)
    expect(seen.held).toBe(true)
    cancel()
    expect(seen.held).toBe(false)
    waits.after(60_000, () => undefined)
    expect(seen.held).toBe(true)
    await advance(61_000)
    expect(seen.held).toBe(false)
  })

  test('of a wait that a timer could not tell is set again and again, and rings in its time', async () => {
    const { waits, advance } = waiting()
    let rung = 0
    waits.after(2 ** 32, () => rung++)
    await advance(2 ** 31)
    expect(rung).toBe(0)
    await advance(2 ** 31 + 10)
    expect(rung).toBe(1)
  })
})

test('whatever is set and cancelled when, each rings in its time or was cancelled before', async () => {
  const step = fc.record({ ms: fc.integer({ min: 1_000, max: 5_000 }), cancel: fc.nat(7_000), pause: fc.nat(700) })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async steps => {
      const { clock, waits, advance } = waiting()
      const waiters: { due: number; until: number; rung: readonly number[]; stop: () => void }[] = []
      for (const { ms, cancel, pause } of steps) {
        const rung: number[] = []
        const stop = waits.after(ms, () => rung.push(clock.now()))
        waiters.push({ due: clock.now() + ms, until: clock.now() + cancel, rung, stop })
        for (let passed = 0; passed < pause; passed += 50) await on()
      }
      for (let passed = 0; passed < 13_000; passed += 50) await on()
      for (const { due, until, rung } of waiters) {
        if (rung.length === 0) expect(until).toBeLessThan(due + 70)
        else expect([rung.length, (rung[0] ?? 0) >= due, (rung[0] ?? 0) < due + 70]).toEqual([1, true, true])
      }
      async function on(): Promise<void> {
        await advance(50)
        for (const { until, stop } of waiters) if (until <= clock.now()) stop()
      }
    }),
    { numRuns: 100 },
  )
})
