import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { type FakeClock, fakeClock } from '../../../test/fakes/clock.ts'
import type { Change, Outcome, Place } from '../../model/health.ts'
import type { BreakerRule } from '../../policy/breaker.ts'
import { judge } from '../../policy/judge.ts'
import { verdictOf } from '../../policy/verdict.ts'
import type { Health, PlaceRules, Started } from '../../ports/health.ts'
import { memoryHealth } from './health.ts'

const breaker: BreakerRule = { windowMs: 30_000, minRequests: 4, failureRate: 0.5, openForMs: 15_000 }
const place: Place = { provider: 'openai', model: 'gpt-5', key: 'k1' }
const failed: Outcome = { failure: verdictOf('server_error'), status: 500 }
const well: Outcome = { status: 200, latencyMs: 100 }

type World = { readonly health: Health; readonly clock: FakeClock; rules: PlaceRules<BreakerRule> }

function open(rules: Partial<PlaceRules<BreakerRule>> = {}, most?: number): World {
  const clock = fakeClock()
  const world = { clock, rules: { breaker, ...rules } }
  const options = { clock, judge, rules: () => world.rules, ...(most === undefined ? {} : { most }) }
  return Object.assign(world, { health: memoryHealth(options) })
}

function began({ health }: World, at = place): Started {
  const started = health.begin(at)
  if (!started) throw new Error('It was not let in.')
  return started
}

const tried = (world: World, outcome: Outcome, at = place): readonly Change[] =>
  world.health.report(began(world, at), outcome)

const header = (headers: { readonly [name: string]: string }) => (name: string) => headers[name]

describe('a place', () => {
  test('of which nothing is known is free, reliable and of no known speed', () => {
    const { freeAt, hindrance, hint, reliability, inFlight, latency } = open().health.standing(place)
    expect([freeAt <= 0, hindrance, hint, reliability, inFlight, latency]).toEqual([
      true,
      undefined,
      false,
      1,
      0,
      undefined,
    ])
  })

  test('has a try in flight from its beginning until it is reported, once', () => {
    const { health, ...world } = open()
    const standing = health.standing(place)
    expect(standing.askedAt).toBeUndefined()
    world.clock.advance(70)
    const started = began({ health, ...world })
    expect([standing.inFlight, standing.askedAt]).toEqual([1, 70])
    health.report(started, failed)
    expect([standing.inFlight, standing.reliability]).toEqual([0, 0.8])
    expect(health.report(started, failed)).toEqual([])
    expect([standing.inFlight, standing.reliability]).toEqual([0, 0.8])
  })

  test('that fails too often is left alone, tried, and back when it is well: each step is an event', () => {
    const world = open()
    const events: Change[] = []
    for (let i = 0; i < 4; i++) events.push(...tried(world, failed))
    const standing = world.health.standing(place)
    expect([world.health.begin(place), standing.hindrance, standing.freeAt]).toEqual([undefined, 'breaker', 15_000])
    world.clock.advance(15_000)
    expect(standing.hindrance).toBeUndefined()
    for (let i = 0; i < 2; i++) {
      const trial = began(world)
      events.push(...trial.changes, ...world.health.report(trial, well))
    }
    expect(events.map(event => event.type === 'breaker' && `${event.from} ${event.to}`)).toEqual([
      'closed open',
      'open half-open',
      'half-open closed',
    ])
  })

  test.each(['left', 'callers_fault', 'too_long', 'not_found', 'ours'] as const)(
    'is none the worse for what counts for nothing: %s',
    kind => {
      const world = open()
      for (let i = 0; i < 20; i++) tried(world, { failure: verdictOf(kind), status: 400 })
      expect([world.health.standing(place).reliability, world.health.standing(place).hindrance]).toEqual([1, undefined])
    },
  )

  test('does not pay for its sibling: another model, another key, another provider', () => {
    const world = open()
    for (let i = 0; i < 9; i++) if (world.health.standing(place).hindrance === undefined) tried(world, failed)
    for (const other of [{ model: 'gpt-5-mini' }, { key: 'k2' }, { provider: 'azure' }])
      expect(world.health.standing({ ...place, ...other }).hindrance).toBeUndefined()
  })

  test('is forgotten when many others were asked since', () => {
    const world = open({}, 3)
    for (let i = 0; i < 4; i++) tried(world, failed)
    for (const model of ['a', 'b']) tried(world, well, { ...place, model })
    expect(world.health.standing(place).hindrance).toBe('breaker')
    tried(world, well, { ...place, model: 'c' })
    expect(world.health.standing(place).hindrance).toBe('breaker')
    for (const model of ['a', 'b', 'c']) tried(world, well, { ...place, model })
    expect(world.health.standing(place).hindrance).toBeUndefined()
    expect(world.health.places()).toHaveLength(3)
  })
})

describe('the limits of a place', () => {
  const limited: Outcome = { failure: verdictOf('rate_limited'), status: 429 }

  test('are read from a refusal: it is left alone until then, and its breaker stays closed', () => {
    const world = open()
    for (let i = 0; i < 9; i++) tried(world, { ...limited, header: header({ 'retry-after': '7' }) })
    const { freeAt, hindrance, hint, reliability } = world.health.standing(place)
    expect([freeAt, hindrance, hint, reliability]).toEqual([7_000, 'limit', false, 1])
    world.clock.advance(7_000)
    expect(world.health.standing(place).hindrance).toBeUndefined()
  })

  test('are read from a body where the headers do not say', () => {
    const world = open()
    const body = '{"error":{"details":[{"retryDelay":"3s"}]}}'
    tried(world, { ...limited, header: header({}), body })
    expect(world.health.standing(place).freeAt).toBe(3_000)
  })

  test('that are used up in a reply that is well are a hint', () => {
    const world = open()
    const told = { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '20s', 'retry-after': '15' }
    tried(world, { ...well, header: header(told) })
    const { freeAt, hindrance, hint } = world.health.standing(place)
    expect([freeAt, hindrance, hint]).toEqual([20_000, 'limit', true])
    expect(world.health.begin(place)).toBeDefined()
  })

  test('that are used up do not make a pause that was asked for a hint, nor the operator’s own limit', () => {
    const world = open({ rpm: 1 })
    const told = { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '90s' }
    const standing = () => {
      const { freeAt, hindrance, hint } = world.health.standing(place)
      return [freeAt, hindrance, hint]
    }
    tried(world, { ...limited, header: header({ ...told, 'retry-after': '70' }) })
    expect(standing()).toEqual([70_000, 'limit', false])
    world.clock.advance(70_000)
    expect(standing()).toEqual([90_000, 'limit', true])
    tried(world, { ...well, header: header(told) })
    expect(standing()).toEqual([130_000, 'own-limit', false])
  })

  test('count down with the tries that begin', () => {
    const world = open()
    const told = { 'x-ratelimit-remaining-requests': '1', 'x-ratelimit-reset-requests': '20s' }
    tried(world, { ...well, header: header(told) })
    expect(world.health.standing(place).hindrance).toBeUndefined()
    began(world)
    expect(world.health.standing(place).hindrance).toBe('limit')
  })

  test('an overloaded provider that names a time is left alone for it', () => {
    const world = open()
    const overloaded = { failure: verdictOf('overloaded'), status: 529 }
    tried(world, { ...overloaded, header: header({}) })
    expect(world.health.standing(place).hindrance).toBeUndefined()
    tried(world, { ...overloaded, header: header({ 'retry-after': '5' }) })
    expect(world.health.standing(place).freeAt).toBe(5_000)
  })
})

describe('a key', () => {
  const refused: Outcome = { failure: verdictOf('key_refused'), status: 401 }

  test('that is refused is disabled at every model, and back after a trial that is well', () => {
    const world = open()
    expect(tried(world, refused)).toEqual([
      { type: 'key', provider: 'openai', key: 'k1', action: 'disabled', status: 401, forMs: 10_000 },
    ])
    const { hindrance, hint } = world.health.standing({ ...place, model: 'other' })
    expect([hindrance, hint]).toEqual(['key', true])
    world.clock.advance(10_000)
    expect(world.health.standing(place).hindrance).toBeUndefined()
    expect(tried(world, well)).toEqual([{ type: 'key', provider: 'openai', key: 'k1', action: 'enabled' }])
  })

  test('whose trial says nothing of it is no news', () => {
    const world = open()
    tried(world, refused)
    world.clock.advance(10_000)
    expect(tried(world, failed)).toEqual([])
    expect(world.health.keys()).toMatchObject([{ state: 'disabled', status: 401 }])
  })

  test('that may not use one model is disabled there alone', () => {
    const world = open()
    expect(tried(world, { failure: verdictOf('forbidden'), status: 403 })).toMatchObject([
      { type: 'key', model: 'gpt-5', action: 'disabled', status: 403 },
    ])
    expect(world.health.standing(place).hindrance).toBe('key')
    expect(world.health.standing({ ...place, model: 'other' }).hindrance).toBeUndefined()
  })

  test('that is replaced by another secret is another key', () => {
    const world = open({ print: 'one' })
    tried(world, refused)
    for (let i = 0; i < 4; i++) tried(world, failed)
    world.rules = { breaker, print: 'two' }
    expect(world.health.standing(place).hindrance).toBeUndefined()
  })

  test('has no more than its own requests and tokens in any minute', () => {
    const world = open({ rpm: 2, tpm: 1000 })
    tried(world, { ...well, tokens: 400 })
    world.clock.advance(1_000)
    tried(world, { ...well, tokens: 500 }, { ...place, model: 'other' })
    const standing = world.health.standing(place)
    expect([world.health.begin(place), standing.hindrance, standing.freeAt]).toEqual([undefined, 'own-limit', 60_000])
    world.clock.advance(59_000)
    tried(world, { ...well, tokens: 600 })
    expect([standing.hindrance, standing.freeAt]).toEqual(['own-limit', 61_000])
    expect(world.health.keys()).toMatchObject([{ key: 'k1', state: 'enabled', requests: 2, tokens: 1100 }])
  })

  test('whose own limit is free before its provider’s waits for the provider', () => {
    const world = open({ rpm: 1 })
    world.clock.advance(100_000)
    tried(world, { failure: verdictOf('rate_limited'), header: header({ 'retry-after': '90' }) })
    const { hindrance, freeAt } = world.health.standing(place)
    expect([hindrance, freeAt]).toEqual(['limit', 190_000])
  })

  test('is never over its own limit, whatever is asked when', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.array(fc.nat(30_000), { maxLength: 60 }), (rpm, waits) => {
        const world = open({ rpm })
        const log: number[] = []
        for (const wait of waits) {
          world.clock.advance(wait)
          const now = world.clock.now()
          const may = world.health.standing(place).hindrance === undefined
          expect(world.health.begin(place) !== undefined).toBe(may)
          if (may) log.push(now)
          expect(log.filter(at => at > now - 60_000).length).toBeLessThanOrEqual(rpm)
        }
      }),
    )
  })
})

describe('the windows', () => {
  test('tell latency, first token and speed of what was well, and count what failed by its kind', () => {
    const world = open()
    for (let i = 1; i <= 100; i++)
      tried(world, { latencyMs: i * 10, firstTokenMs: i, outputTokens: i * 9, status: 200 })
    for (const kind of ['timeout', 'server_error', 'timeout', 'left'] as const)
      tried(world, { failure: verdictOf(kind), latencyMs: 1e6 })
    const [{ minute, fiveMinutes, breaker: state } = expect.unreachable()] = world.health.places()
    expect(minute.latency?.p50).toBeWithin(490, 511)
    expect(minute.latency?.p99).toBeWithin(970, 1010)
    expect(minute.firstToken?.p90).toBeWithin(88, 92)
    expect(minute.tokensPerSecond?.p50).toBeWithin(980, 1021)
    expect([minute.requests, minute.errors, state]).toEqual([104, { timeout: 2, server_error: 1, left: 1 }, 'closed'])
    expect(fiveMinutes).toEqual(minute)
  })

  test('forget after a minute, and after five', () => {
    const world = open()
    tried(world, well)
    world.clock.advance(61_000)
    expect(world.health.places()[0]).toMatchObject({ minute: { requests: 0 }, fiveMinutes: { requests: 1 } })
    world.clock.advance(300_000)
    expect(world.health.places()[0]?.fiveMinutes).toMatchObject({ requests: 0, latency: undefined })
  })

  test('are read anew a second later, and at once when a try failed', () => {
    const world = open()
    const standing = world.health.standing(place)
    tried(world, well)
    expect(standing.latency?.p50).toBeWithin(98, 102.1)
    for (let i = 0; i < 9; i++) tried(world, { ...well, latencyMs: 1000 })
    expect(standing.latency?.p50).toBeWithin(98, 102.1)
    tried(world, failed)
    expect(standing.latency?.p50).toBeWithin(980, 1021)
    for (let i = 0; i < 90; i++) tried(world, { ...well, latencyMs: 10 })
    world.clock.advance(1_000)
    expect(standing.latency?.p50).toBeWithin(9.8, 10.21)
  })

  test('a success rate falls before the breaker opens, and is back a minute later', () => {
    const world = open()
    for (let i = 0; i < 3; i++) tried(world, failed)
    expect(world.health.standing(place)).toMatchObject({ hindrance: undefined, reliability: 4 / 7 })
    world.clock.advance(65_000)
    expect(world.health.standing(place).reliability).toBe(1)
  })
})
