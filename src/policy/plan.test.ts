import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { nearest } from '../lib/nearest.ts'
import type { Letter } from '../model/call.ts'
import type { Caller } from '../model/caller.ts'
import { Fault } from '../model/fault.ts'
import type { Place, Standing } from '../model/health.ts'
import type { Candidate, Manner } from './directory.ts'
import { plan } from './plan.ts'
import { resolve } from './resolve.ts'
import { candidate, manner, unknown } from './sample.test-data.ts'

const caller: Caller = { keyId: 'key_1', keyName: 'dev', team: undefined, models: ['*'], limits: {} }

const letter = (model: string, more: Partial<Letter> = {}, stream = false): Letter => ({
  dialect: 'openai-chat',
  text: '{}',
  fields: [],
  outline: {},
  body: {},
  sealed: false,
  strict: false,
  call: { operation: 'chat', model, stream, wantsUsage: false },
  ...more,
})

const now = 1_000

type Standings = { readonly [place: string]: Partial<Standing> }

/** A house with the alias `best` and a provider `acme`; places by `provider/model/key`. */
function world(candidates: readonly Candidate[], standings: Standings = {}, how: Partial<Manner> = {}) {
  const acme = { id: 'acme', ready: true, keyName: undefined, keys: [], models: undefined, serves: [], listed: [] }
  const best = { targets: candidates.map(({ target }) => target), candidates, manner: { ...manner, ...how } }
  const directory = { aliases: new Map([['best', best]]), providers: [{ ...acme, configured: true }], manner }
  return {
    resolve: (asked: string) => resolve(asked, directory, nearest),
    now: () => now,
    random: () => 0.5,
    standing: ({ provider, model, key }: Place) => ({ ...unknown, ...standings[`${provider}/${model}/${key}`] }),
    tariff: () => undefined,
  }
}

const two = [candidate('a/m'), candidate('b/m')]
const pool = [candidate('a/m', { keys: 3 })]

const placesOf = (made: ReturnType<typeof plan>) =>
  made.legs.map(({ target, key, backoffMs }) =>
    [target.provider, key, backoffMs].filter(it => it !== undefined).join(' '),
  )

function refusal(make: () => unknown): Fault {
  try {
    make()
  } catch (error) {
    if (error instanceof Fault) return error
  }
  throw new Error('It was not refused.')
}

describe('a plan', () => {
  test('for a model by its provider has the defaults’ tries of it, and says why it leads there', () => {
    const made = plan(letter('acme/m'), caller, world([]))
    expect(placesOf(made)).toEqual(['acme', 'acme 100', 'acme 200'])
    expect(made).toMatchObject({ reason: 'provider acme was named', tries: 4, standby: false, maxWaitMs: 30_000 })
    expect(made.race).toBeUndefined()
  })

  test('has as many tries as one target may have, and one more for each', () => {
    expect(plan(letter('best'), caller, world(two)).tries).toBe(5)
  })

  test('is as the alias says: waits, standby, the heed of a provider’s pause', () => {
    const retry = { ...manner.retry, respectRetryAfter: false, maxWaitMs: 7 }
    const waits = { connect: 1, firstToken: 2, idle: 3, total: 4 }
    const made = plan(letter('best'), caller, world(two, {}, { standby: true, retry, waits }))
    expect(made).toMatchObject({ waits, standby: true, respectRetryAfter: false, maxWaitMs: 7, reason: 'alias best' })
  })

  test('races whole replies, of three at most, and never streams', () => {
    const four = ['a/m', 'b/m', 'c/m', 'd/m'].map(name => candidate(name))
    const race = (targets: readonly Candidate[], stream = false) =>
      plan(letter('best', {}, stream), caller, world(targets, {}, { strategy: 'race' })).race
    expect([race(two), race(four), race(two, true)]).toEqual([2, 3, undefined])
  })

  test('says what a hedge of it is worth, and whether it may share a reply', () => {
    expect(plan(letter('acme/m'), caller, world([]))).toMatchObject({ hedgeShare: 0.05 })
    expect(plan(letter('acme/m'), caller, world([])).coalesce).toBe(false)
    const made = plan(letter('best'), caller, world(two, {}, { hedgeShare: 0.2, coalesce: true }))
    expect(made).toMatchObject({ hedgeShare: 0.2, coalesce: true })
  })

  test('of a session goes to one key, and of none to any', () => {
    const first = (session?: string) => {
      const random = Math.random
      const made = plan(letter('best', session === undefined ? {} : { session }), caller, { ...world(pool), random })
      return made.legs[0]?.key
    }
    const many = (session?: string) => new Set(Array.from({ length: 50 }, () => first(session))).size
    expect([many('s1'), many('s2'), many()]).toEqual([1, 1, 3])
  })
})

test('a model that the key may not use is forbidden, by whatever name', () => {
  const narrow = { ...caller, models: ['acme/*'] }
  expect(() => plan(letter('best'), narrow, world(two))).toThrow(/may not use the model 'best'/)
  expect(plan(letter('acme/m'), narrow, world(two)).legs).not.toHaveLength(0)
})

test.each([
  [undefined, 600_000],
  [1_500, 1_500],
  [900_000, 600_000],
])('a caller that waits %p ms for the whole reply gets %p ms', (patience, total) => {
  const more = patience === undefined ? {} : { patienceMs: patience }
  expect(plan(letter('acme/m', more), caller, world([])).waits).toEqual({ ...manner.waits, total })
})

const paused = (ms: number) => ({ freeAt: now + ms, hindrance: 'limit' as const })
const open = (ms: number) => ({ freeAt: now + ms, hindrance: 'breaker' as const })
const empty = (ms: number) => ({ ...paused(ms), hint: true })
const refusedKey = { freeAt: now + 5_000, hindrance: 'key' as const, hint: true }
const own = (ms: number) => ({ freeAt: now + ms, hindrance: 'own-limit' as const })

describe('what may not be asked now', () => {
  const once = { retry: { ...manner.retry, attempts: 1 } }
  const places = (candidates: readonly Candidate[], standings: Standings, how: Partial<Manner> = once) =>
    placesOf(plan(letter('best'), caller, world(candidates, standings, how)))

  const skipped: readonly (readonly [string, Partial<Standing>])[] = [
    ['whose breaker is open', open(15_000)],
    ['that asked for a pause', paused(15_000)],
    ['whose limit is used up', empty(15_000)],
    ['whose key was refused', refusedKey],
    ['whose key has used up what it may have', own(15_000)],
  ]
  test.each([...skipped])('a target %s is left out while there is another', (_, standing) => {
    expect(places(two, { 'a/m/k1': standing })).toEqual(['b'])
  })

  test.each([...skipped])('a key of a target %s is left out while there is another', (_, standing) => {
    expect(places(pool, { 'a/m/k1': standing }).toSorted()).toEqual(['a k2', 'a k3'])
  })

  test('where there is no other, the one that is free soonest is waited for', () => {
    expect(places(two, { 'a/m/k1': paused(9_000), 'b/m/k1': open(4_000) })).toEqual(['b 4000'])
    expect(places(two, { 'a/m/k1': paused(9_000), 'b/m/k1': own(12_000) })).toEqual(['a 9000'])
  })

  test('and all that may become free is told, with when the first will', () => {
    const standings = { 'a/m/k1': paused(9_000), 'b/m/k1': open(4_000) }
    expect(plan(letter('best'), caller, world(two, standings)).queue).toEqual({
      freeInMs: 4_000,
      targets: two.map(({ target }) => target),
    })
    expect(plan(letter('best'), caller, world(two, { 'a/m/k1': paused(9_000) })).queue).toBeUndefined()
  })

  test('whoever has waited already may wait for what is left', () => {
    const standings = { 'a/m/k1': paused(9_000), 'b/m/k1': open(4_000) }
    const left = (ms: number) => plan(letter('best'), caller, world(two, standings, once), ms)
    expect(left(4_000).queue?.freeInMs).toBe(4_000)
    expect(refusal(() => left(3_999)).retryAfterMs).toBe(4_000)
    const hint = plan(letter('best'), caller, world(two, { ...standings, 'a/m/k1': empty(9_000) }, once), 3_999)
    expect([placesOf(hint), hint.queue]).toEqual([['a'], undefined])
  })

  test('beyond the longest wait it is refused, with who cannot be asked, why, and when to try again', () => {
    const fault = refusal(() => places(two, { 'a/m/k1': paused(90_000), 'b/m/k1': open(40_500) }))
    expect([fault.code, fault.retryAfterMs]).toEqual(['no_target', 40_500])
    expect(fault.message).toBe(
      'Nobody can be asked now: a/m is at its limit, b/m failed too often of late. Try again in 41 s.',
    )
  })

  test('no wait goes beyond what the caller has', () => {
    const impatient = () =>
      plan(letter('best', { patienceMs: 3_000 }), caller, world(two, { 'a/m/k1': open(4_000), 'b/m/k1': open(5_000) }))
    expect(refusal(impatient).retryAfterMs).toBe(4_000)
  })

  test('a limit that only looks used up is asked where there is no other, and nobody waits for it', () => {
    expect(places([candidate('a/m')], { 'a/m/k1': empty(6_000) })).toEqual(['a'])
    expect(places(two, { 'a/m/k1': empty(90_000), 'b/m/k1': paused(90_000) })).toEqual(['a'])
    expect(places(two, { 'a/m/k1': empty(6_000), 'b/m/k1': paused(4_000) })).toEqual(['a'])
    expect(places(two, { 'a/m/k1': empty(6_000), 'b/m/k1': refusedKey })).toEqual(['a'])
  })

  test('a key that was refused is asked where there is no other, and is not waited for', () => {
    expect(places([candidate('a/m')], { 'a/m/k1': refusedKey })).toEqual(['a'])
    expect(places(two, { 'a/m/k1': refusedKey, 'b/m/k1': paused(4_000) })).toEqual(['b 4000'])
  })

  test('a pause that is not to be heeded is none; an open breaker and a limit of the operator’s are', () => {
    const heedless = { retry: { ...once.retry, respectRetryAfter: false } }
    expect(places(two, { 'a/m/k1': paused(9_000) }, heedless)).toEqual(['a', 'b'])
    expect(places(two, { 'a/m/k1': own(9_000), 'b/m/k1': open(9_000) }, heedless)).toEqual(['a 9000', 'b 9000'])
  })

  test('after a wait nothing begins sooner, hedges and retries included', () => {
    const how = { hedge: { after: 50, max: 1 }, retry: { ...manner.retry, attempts: 2 } }
    const made = plan(letter('best'), caller, world([candidate('a/m')], { 'a/m/k1': paused(4_000) }, how))
    expect(made.legs.map(leg => leg.backoffMs)).toEqual([4_000, 4_000, 4_000])
  })
})

test('whatever stands how, a plan asks free places first, each within its rights, or says when to try again', () => {
  const standing: fc.Arbitrary<Partial<Standing>> = fc.oneof(
    fc.constant({}),
    fc.nat(60_000).chain(ms => fc.constantFrom(paused(ms + 1), open(ms + 1), empty(ms + 1), own(ms + 1))),
    fc.constant(refusedKey),
  )
  const names = ['a', 'b', 'c'].flatMap(id => ['k1', 'k2'].map(key => `${id}/m/${key}`))
  const standings = fc
    .tuple(...names.map(() => standing))
    .map((all): Standings => Object.fromEntries(names.map((n, i) => [n, all[i] ?? {}])))
  const strategy = fc.constantFrom<Manner['strategy']>('ordered', 'weighted', 'latency', 'cost', 'score', 'race')
  const three = ['a/m', 'b/m', 'c/m'].map(name => candidate(name, { keys: 2 }))
  const hindranceAt = (all: Standings, { target, key }: { target: { provider: string }; key?: string }) =>
    all[`${target.provider}/m/${key}`]?.hindrance
  fc.assert(
    fc.property(standings, strategy, fc.integer({ min: 1, max: 5 }), (all, how, attempts) => {
      const retry = { ...manner.retry, attempts }
      const free = names.filter(name => all[name]?.hindrance === undefined)
      const make = () => plan(letter('best'), caller, world(three, all, { strategy: how, retry }))
      const soonest = Math.min(...Object.values(all).map(one => (one.freeAt ?? now) - now))
      if (free.length > 0) {
        const made = make()
        const targets = new Set(free.map(name => name[0])).size
        expect(made.tries).toBe(attempts + targets)
        expect(made.legs.every(leg => hindranceAt(all, leg) === undefined)).toBe(true)
        expect(made.legs.slice(0, free.length).every(leg => leg.backoffMs === undefined)).toBe(true)
        expect(made.legs).toHaveLength(free.length + targets * (attempts - 1))
      } else if (Object.values(all).some(one => one.hint) || soonest <= 30_000) {
        expect(make().legs.length).toBeGreaterThan(0)
      } else {
        expect(refusal(make)).toMatchObject({ code: 'no_target', retryAfterMs: soonest })
      }
    }),
    { numRuns: 1000 },
  )
})
