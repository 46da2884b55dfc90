import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { Sketch } from './sketch.ts'

const sketchOf = (values: readonly number[]): Sketch => {
  const sketch = new Sketch()
  for (const value of values) sketch.add(value)
  return sketch
}

const exact = (values: readonly number[], part: number): number =>
  values.toSorted((a, b) => a - b)[Math.max(1, Math.ceil(part * values.length)) - 1] ?? Number.NaN

const values = fc.array(fc.double({ min: 0.2, max: 9e6, noNaN: true }), { minLength: 1, maxLength: 200 })
const part = fc.constantFrom(0, 0.5, 0.9, 0.95, 0.99, 1)

test('a quantile is off by two hundredths at most', () => {
  fc.assert(
    fc.property(values, part, (given, at) => {
      const right = exact(given, at)
      expect(Math.abs((sketchOf(given).quantile(at) ?? 0) - right)).toBeLessThanOrEqual(right * 0.0200001)
    }),
  )
})

test('two sketches added are one of all their values', () => {
  fc.assert(
    fc.property(values, values, part, (some, others, at) => {
      const sum = sketchOf(some)
      sum.merge(sketchOf(others))
      const all = sketchOf([...some, ...others])
      expect([sum.count, sum.quantile(at)]).toEqual([all.count, all.quantile(at)])
    }),
  )
})

test('an emptied sketch knows nothing, and serves again', () => {
  const sketch = sketchOf([1, 2, 3])
  sketch.clear()
  expect([sketch.count, sketch.quantile(0.5)]).toEqual([0, undefined])
  sketch.add(100)
  expect(sketch.quantile(0.5)).toBeCloseTo(100, -1)
})

test.each([0, -5, Number.NaN, 1e300, Number.POSITIVE_INFINITY])(
  'the odd value %p is counted as the least or the most',
  odd => {
    const quantile = sketchOf([odd]).quantile(0.5) ?? 0
    expect(quantile).toBeGreaterThan(0)
    expect(quantile).toBeLessThan(1.05e7)
  },
)
