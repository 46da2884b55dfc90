import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { observe, openExposition } from './exposition.ts'

const letters = { name: 'letters_total', type: 'counter', help: 'Letters, by their town.' } as const
const waits = { name: 'wait_seconds', type: 'histogram', help: 'Waiting.' } as const

test('every kind of metric is told as the format asks, in the order of opening', () => {
  const exposition = openExposition()
  const town = exposition.figures(letters)
  const wait = exposition.histograms(waits, [0.5, 2])({ town: 'Ulm' })
  exposition.read({ name: 'open', type: 'gauge', help: 'Doors.' }, () => 3)
  town({ town: 'Ulm', by: 'foot' }).value += 2
  town({ town: 'Köln', by: '' }).value += 0.25
  for (const seconds of [0.5, 1, 1, 5]) observe(wait, seconds)
  expect(exposition.text()).toBe(`\
# HELP letters_total Letters, by their town.
# TYPE letters_total counter
letters_total{town="Ulm",by="foot"} 2
letters_total{town="Köln",by=""} 0.25

# HELP wait_seconds Waiting.
# TYPE wait_seconds histogram
wait_seconds_bucket{le="0.5",town="Ulm"} 1
wait_seconds_bucket{le="2",town="Ulm"} 3
wait_seconds_bucket{le="+Inf",town="Ulm"} 4
wait_seconds_sum{town="Ulm"} 7.5
wait_seconds_count{town="Ulm"} 4

# HELP open Doors.
# TYPE open gauge
open 3
`)
})

test('a metric without labels is told from the start, one with labels has no series before its first', () => {
  const exposition = openExposition()
  exposition.figures(letters)
  exposition.histograms(waits, [1])({})
  expect(exposition.text()).toBe(`\
# HELP letters_total Letters, by their town.
# TYPE letters_total counter

# HELP wait_seconds Waiting.
# TYPE wait_seconds histogram
wait_seconds_bucket{le="1"} 0
wait_seconds_bucket{le="+Inf"} 0
wait_seconds_sum 0
wait_seconds_count 0
`)
})

test('the same labels are the same series; what could break a line out of its quotes is escaped', () => {
  const exposition = openExposition()
  const town = exposition.figures(letters)
  for (const name of ['a"b', 'a\\b', 'a\nb', 'a"b']) town({ town: name }).value++
  expect(exposition.text().trimEnd().split('\n').slice(2)).toEqual([
    'letters_total{town="a\\"b"} 2',
    'letters_total{town="a\\\\b"} 1',
    'letters_total{town="a\\nb"} 1',
  ])
})

test('each bucket tells how many values were at most so large', () => {
  const bounds = [0.001, 0.1, 1, 30]
  const seconds = fc.oneof(fc.constantFrom(...bounds), fc.double({ min: 0, max: 40, noNaN: true }))
  fc.assert(
    fc.property(fc.array(seconds), values => {
      const exposition = openExposition()
      const wait = exposition.histograms(waits, bounds)({})
      for (const value of values) observe(wait, value)
      const told = [...exposition.text().matchAll(/bucket.* (\d+)$/gm)].map(([, count]) => Number(count))
      const expected = [...bounds, Number.POSITIVE_INFINITY].map(most => values.filter(value => value <= most).length)
      expect(told).toEqual(expected)
    }),
  )
})
