import { expect, test } from 'bun:test'
import { fakeClock } from '../../test/fakes/clock.ts'
import type { Record } from '../model/record.ts'
import { batched } from './batch.ts'
import { sampleRecord } from './sample.test-data.ts'

function setUp() {
  const clock = fakeClock()
  const told: unknown[] = []
  const sinks = ['a', 'b'].map(name => (record: Record, cause: unknown) => void told.push([name, record.id, cause]))
  return { clock, told, batch: batched(sinks, clock) }
}

test('every sink is told of every request once, in order, a moment later', () => {
  const { clock, told, batch } = setUp()
  batch.sink(sampleRecord({ id: '1' }), 'why')
  batch.sink(sampleRecord({ id: '2' }))
  expect(told).toEqual([])
  clock.advance(50)
  expect(told).toEqual([
    ['a', '1', 'why'],
    ['a', '2', undefined],
    ['b', '1', 'why'],
    ['b', '2', undefined],
  ])
  clock.advance(1_000)
  expect([told.length, clock.waiting()]).toEqual([4, 0])
})

test('who flushes sees all, and a flush of nothing tells nothing', () => {
  const { told, batch } = setUp()
  batch.sink(sampleRecord({ id: '1' }))
  batch.flush()
  batch.flush()
  expect(told.length).toBe(2)
})

test('no more than 256 wait', () => {
  const { told, batch } = setUp()
  for (let n = 0; n < 256; n++) batch.sink(sampleRecord({ id: `${n}` }))
  expect(told.length).toBe(512)
})
