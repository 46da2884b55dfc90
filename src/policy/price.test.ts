import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { perMillion } from '../model/money.ts'
import type { Price } from '../model/price.ts'
import type { Usage } from '../model/usage.ts'
import { costOf, priceFor } from './price.ts'

const price = (input: number): Price => ({
  input,
  cacheRead: 2,
  cacheWrite: 3,
  output: 5,
  reasoning: 7,
  source: 'test',
})
const usage = (more: Partial<Usage>): Usage => ({
  input: 0,
  cacheRead: 0,
  cacheWrite: 0,
  output: 0,
  reasoning: 0,
  ...more,
})

describe('the price that applies', () => {
  const tariff = {
    price: price(1),
    longer: [
      { over: 100, price: price(10) },
      { over: 200, price: price(20) },
    ],
  }
  const cases: readonly (readonly [string, Partial<Usage>, number])[] = [
    ['of a short prompt', { input: 99 }, 1],
    ['just at the step', { input: 100 }, 1],
    ['just beyond it', { input: 101 }, 10],
    ['beyond the last step', { input: 201 }, 20],
    ['of a prompt that is long with what was cached', { input: 1, cacheRead: 99, cacheWrite: 1 }, 10],
    ['of a short prompt with a long answer', { input: 1, output: 500, reasoning: 500 }, 1],
  ]
  test.each([...cases])('%s', (_, used, input) => {
    expect(priceFor(usage(used), tariff).input).toBe(input)
  })
})

describe('a cost', () => {
  test('is counted bucket by bucket', () => {
    const used = { input: 1000, cacheRead: 1000, cacheWrite: 1000, output: 1000, reasoning: 1000 }
    expect(costOf(used, price(1))).toBe(1 + 2 + 3 + 5 + 7)
  })

  const rounded: readonly (readonly [number, number])[] = [
    [499, 0],
    [500, 1],
    [1499, 1],
    [1500, 2],
  ]
  test.each([...rounded])('of %i pico-dollars is %i nano-dollars: rounded once, half up', (pico, nano) => {
    expect(costOf(usage({ input: pico }), price(1))).toBe(nano)
  })

  test('of a known bill is exact', () => {
    // 1,234 tokens at 0.0375 USD and 567 at 0.15 USD per million: 46,275 + 85,050 nano-dollars.
    const bill = { ...price(perMillion(0.0375)), output: perMillion(0.15) }
    expect(costOf(usage({ input: 1234, output: 567 }), bill)).toBe(46_275 + 85_050)
  })

  test('is what whole numbers without bounds say', () => {
    const tokens = fc.nat(2_000_000)
    const pico = fc.nat(600_000_000)
    const five = <T>(each: fc.Arbitrary<T>) =>
      fc.record({ input: each, cacheRead: each, cacheWrite: each, output: each, reasoning: each })
    fc.assert(
      fc.property(five(tokens), five(pico), (used, prices) => {
        const exact = (Object.keys(used) as (keyof Usage)[]).reduce(
          (sum, bucket) => sum + BigInt(used[bucket]) * BigInt(prices[bucket]),
          0n,
        )
        fc.pre(exact <= BigInt(Number.MAX_SAFE_INTEGER))
        expect(BigInt(costOf(used, { ...prices, source: '' }))).toBe((exact + 500n) / 1000n)
      }),
      { numRuns: 3000 },
    )
  })
})
