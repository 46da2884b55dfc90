import { heapStats } from 'bun:jsc'
import { expect, test } from 'bun:test'
import { fakeClock } from '../../../test/fakes/clock.ts'
import { memoryCounters } from './counters.ts'

test('beyond the most names the one unused for longest is forgotten, not the others', () => {
  const counters = memoryCounters(fakeClock(), 3)
  const ok = (name: string) => counters.take(name, 1, 60_000).ok
  expect([ok('a'), ok('b'), ok('a'), ok('c'), ok('d')]).toEqual([true, true, false, true, true])
  expect([ok('a'), ok('c'), ok('d')]).toEqual([false, false, false])
  expect(ok('b')).toBe(true)
})

test('a name that is idle for its window leaves nothing behind', () => {
  const clock = fakeClock()
  const counters = memoryCounters(clock)
  const taken = () => {
    for (let i = 0; i < 2000; i++) counters.take(`name-${i}-${clock.now()}`, 5, 60_000)
    clock.advance(60_000)
  }
  taken()
  Bun.gc(true)
  const before = heapStats().objectCount
  for (let round = 0; round < 10; round++) taken()
  Bun.gc(true)
  expect(heapStats().objectCount - before).toBeLessThan(2000)
})

test('a name in constant use keeps no more than two windows of steps', () => {
  const clock = fakeClock()
  const counters = memoryCounters(clock)
  Bun.gc(true)
  const before = heapStats().heapSize
  for (let i = 0; i < 400_000; i++) {
    counters.take('busy', 1e9, 60_000)
    clock.advance(250)
  }
  Bun.gc(true)
  expect(heapStats().heapSize - before).toBeLessThan(1e6)
  expect(counters.take('busy', 1e9, 60_000)).toMatchObject({ remaining: 1e9 - 240 })
})
