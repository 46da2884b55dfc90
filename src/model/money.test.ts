import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { perMillion, usdText } from './money.ts'

const prices: readonly (readonly [number, number])[] = [
  [1, 1_000_000],
  [0.0375, 37_500],
  [1.1, 1_100_000],
  [0, 0],
  [0.000001, 1],
  [75, 75_000_000],
]
test.each([...prices])('%p USD per million tokens is %p pico-dollars a token', (usd, pico) => {
  expect(perMillion(usd)).toBe(pico)
})

const amounts: readonly (readonly [number, string])[] = [
  [0, '0'],
  [1, '0.000000001'],
  [1250, '0.00000125'],
  [1_000_000_000, '1'],
  [1_500_000_000, '1.5'],
  [-1250, '-0.00000125'],
  [9_007_199_254_740_991, '9007199.254740991'],
]
test.each([...amounts])('%p nano-dollars are written %p', (nano, text) => {
  expect(usdText(nano)).toBe(text)
})

test('an amount is written without exponent and without zeros at its end, and means the same', () => {
  fc.assert(
    fc.property(fc.integer({ min: -Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }), nano => {
      const text = usdText(nano)
      expect(text).toMatch(/^-?(?:0|[1-9]\d*)(?:\.\d*[1-9])?$/)
      const [whole = '', fraction = ''] = text.replace('-', '').split('.')
      expect(BigInt(whole) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'))).toBe(BigInt(Math.abs(nano)))
    }),
  )
})
