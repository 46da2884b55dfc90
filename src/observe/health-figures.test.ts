import { expect, test } from 'bun:test'
import type { BreakerState, PlaceReading } from '../model/health.ts'
import { openExposition } from './exposition.ts'
import { addHealth } from './health-figures.ts'
import { openNames } from './names.ts'

const empty = { requests: 0, errors: {}, latency: undefined, firstToken: undefined, tokensPerSecond: undefined }

const reading = (model: string, key: string, breaker: BreakerState, p50?: number): PlaceReading => ({
  place: { provider: 'openai', model, key },
  inFlight: 0,
  breaker,
  freeInMs: 0,
  hindrance: undefined,
  limits: {},
  minute: { ...empty, latency: p50 === undefined ? undefined : { p50, p90: p50 * 2, p95: p50 * 3, p99: p50 * 4 } },
  fiveMinutes: empty,
})

function told(...places: readonly PlaceReading[]): readonly string[] {
  const exposition = openExposition()
  addHealth(
    exposition,
    openNames((_, model) => model.startsWith('gpt')),
    () => places,
  )
  return exposition
    .text()
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('#'))
}

const labels = (model: string) => `{provider="openai",model="${model}"}`

test('a breaker is told by its state, and of several keys the worst', () => {
  expect(
    told(reading('gpt-5', 'k1', 'open'), reading('gpt-5', 'k2', 'closed'), reading('gpt-4', 'k1', 'half-open')),
  ).toEqual([`thalamus_breaker_state${labels('gpt-5')} 2`, `thalamus_breaker_state${labels('gpt-4')} 1`])
})

test('latency is told in seconds by its quantiles, and of several keys the worst', () => {
  const lines = told(
    reading('gpt-5', 'k1', 'closed', 100),
    reading('gpt-5', 'k2', 'closed', 500),
    reading('gpt-4', 'k1', 'closed'),
  )
  const start = 'thalamus_provider_latency_seconds{provider="openai",model="gpt-5",quantile='
  expect(lines.slice(2)).toEqual([`${start}"0.5"} 0.5`, `${start}"0.9"} 1`, `${start}"0.95"} 1.5`, `${start}"0.99"} 2`])
})

test('names that callers made up are one series', () => {
  expect(told(reading('a', 'k1', 'closed'), reading('b', 'k1', 'open'))).toEqual([
    `thalamus_breaker_state${labels('other')} 2`,
  ])
})
