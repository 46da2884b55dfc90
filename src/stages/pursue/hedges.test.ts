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

test('each request earns its own share, and where that is nothing there is no hedge', () => {
  const hedges = new Hedges()
  expect([hedges.take(0), hedges.take(0.2)]).toEqual([false, true])
  let taken = 0
  for (let i = 0; i < 10_000; i++) {
    hedges.earn(0.2)
    if (hedges.take(0.2)) taken++
  }
  expect(taken).toBeWithin(2_000, 2_011)
})

test('after a quiet time there are ten in store, and not more', () => {
  const hedges = new Hedges()
  for (let i = 0; i < 10_000; i++) hedges.earn()
  expect(Array.from({ length: 20 }, () => hedges.take()).filter(Boolean).length).toBe(10)
})
