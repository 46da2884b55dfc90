import { expect, test } from 'bun:test'
import { Hedges } from './hedges.ts'

test('hedges are five in a hundred in the long run, however often one is wished for', () => {
  const hedges = new Hedges()
  let taken = 0
  for (let i = 0; i < 10_000; i++) {
    hedges.earn()
    if (hedges.take()) taken++
  }
  expect(taken).toBeGreaterThanOrEqual(500)
  expect(taken).toBeLessThanOrEqual(510)
})

test('after a quiet time there are ten in store, and not more', () => {
  const hedges = new Hedges()
  for (let i = 0; i < 10_000; i++) hedges.earn()
  expect(Array.from({ length: 20 }, () => hedges.take()).filter(Boolean).length).toBe(10)
})
