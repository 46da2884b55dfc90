import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { fakeClock } from '../../../test/fakes/clock.ts'
import { Fault } from '../../model/fault.ts'
import type { Leg, Plan } from '../../model/plan.ts'
import type { Source } from '../../model/source.ts'
import { type Kind, verdictOf } from '../../policy/verdict.ts'
import type { Failure, Outcome, Start } from './outcome.ts'
import { runPlan } from './run-plan.ts'

/** What a place does when it is asked: answers or fails after so long, or says nothing until it is stopped. */
type Does = { readonly after?: number; readonly fails?: Kind; readonly retryAfterMs?: number } | 'silent' | 'closed'

type Tried = { readonly at: number; readonly leg: string; readonly why: Start['why']; ended: string }

const leg = (name: string, more: Partial<Leg> = {}): Leg => {
  const [target = '', key] = name.split('/')
  return { target: { provider: target, model: 'm' }, ...(key === undefined ? {} : { key }), ...more }
}
const nameOf = ({ target, key }: Leg): string => (key === undefined ? target.provider : `${target.provider}/${key}`)

type Options = Partial<Plan> & {
  readonly legs: readonly Leg[]
  /** By place, one after the other; the last for ever. */
  readonly does: Readonly<Record<string, readonly Does[]>>
  readonly until?: number
  readonly mayHedge?: () => boolean
}

/** A plan on a clock that stands still, with places that do what they are told. */
function walk({ does, until = 60_000, mayHedge = () => true, ...plan }: Options) {
  const clock = fakeClock()
  const caller = new AbortController()
  const tried: Tried[] = []
  const hedges: string[] = []
  let stopped = 0
  const asked = new Map<string, number>()

  function open(one: Leg, start: Start) {
    const name = nameOf(one)
    const nth = asked.get(name) ?? 0
    asked.set(name, nth + 1)
    const list = does[name] ?? ['silent' as const]
    const what = list[Math.min(nth, list.length - 1)] ?? 'silent'
    if (what === 'closed') return undefined
    const row: Tried = { at: clock.now(), leg: name, why: start.why, ended: '' }
    tried.push(row)
    const { promise, resolve } = Promise.withResolvers<Outcome>()
    const end = (ended: string, outcome: Outcome): void => {
      if (row.ended !== '') return
      row.ended = ended
      resolve(outcome)
    }
    const failure = (kind: Kind, retryAfterMs?: number): Failure => ({
      leg: one,
      fault: new Fault(kind === 'left' ? 'client_closed' : 'upstream_failed', `${name} ${kind}`, { retryAfterMs }),
      verdict: verdictOf(kind),
    })
    caller.signal.addEventListener('abort', () => end('left', failure('left')))
    if (what !== 'silent') {
      const { after = 0, fails, retryAfterMs } = what
      const act = (): void => (fails ? end(fails, failure(fails, retryAfterMs)) : end('ok', { source: sourceOf(name) }))
      if (after === 0) act()
      else clock.after(after, act)
    }
    return {
      outcome: promise,
      stop() {
        stopped++
        end('stopped', failure('left'))
      },
    }
  }

  const settings = { tries: 10, respectRetryAfter: true, maxWaitMs: 30_000, ...plan }
  let ended: string | undefined
  const done = runPlan({
    plan: settings,
    clock,
    until,
    signal: caller.signal,
    open,
    wait: (_, ms, ring) => clock.after(ms, ring),
    mayHedge,
    hedged: (one, result) => void hedges.push(`${nameOf(one)} ${result}`),
    exhausted: failures => new Fault('upstream_failed', `all: ${failures.map(each => each.fault.message).join(', ')}`),
  }).then(
    source => (ended = `answer of ${source.dialect}`),
    error => (ended = error instanceof Fault ? error.message : String(error)),
  )

  /** Lets time go by in small steps, so that what one moment brings about is there in the next. */
  async function pass(ms: number): Promise<void> {
    await settle()
    for (let i = 0; i < ms && ended === undefined; i += 10) {
      clock.advance(10)
      await settle()
    }
  }
  return {
    clock,
    caller,
    tried,
    hedges,
    stopped: () => stopped,
    done,
    pass,
    ended: () => ended,
    told: () => tried.map(tell),
  }
}

const tell = ({ at, leg: name, why, ended }: Tried): string => `${at} ${name} ${why} ${ended}`
const sourceOf = (name: string): Source => ({
  type: 'whole',
  dialect: name,
  contentType: '',
  bytes: new Uint8Array(),
  events: [],
})
const settle = async (): Promise<void> => {
  for (let i = 0; i < 6; i++) await Promise.resolve()
}

const fails = (kind: Kind, more: object = {}): Does => ({ fails: kind, ...more })
const answers = (after = 0): Does => ({ after })

type Story = readonly [
  what: string,
  options: Options,
  tries: readonly string[],
  ended: string,
  hedges?: readonly string[],
]

const ab = [leg('a'), leg('b')]
const aThenA = [leg('a'), leg('a', { backoffMs: 200 }), leg('a', { backoffMs: 400 })]

const stories: readonly Story[] = [
  ['the first leg answers', { legs: ab, does: { a: [answers()] } }, ['0 a first ok'], 'answer of a'],
  [
    'a stale connection leads to the same place at once, as one try more',
    { legs: ab, does: { a: [fails('stale'), answers()] } },
    ['0 a first stale', '0 a first ok'],
    'answer of a',
  ],
  [
    'a stale connection is nobody’s failure: what the same place says then is what is told',
    { legs: [leg('a')], does: { a: [fails('stale'), fails('too_long')] } },
    ['0 a first stale', '0 a first too_long'],
    'all: a too_long',
  ],
  [
    'a stale connection of a hedge is no failed hedge',
    { legs: [leg('a'), leg('b', { hedgeAfterMs: 300 })], does: { b: [fails('stale'), answers(50)] } },
    ['0 a first stopped', '300 b hedge stale', '300 b hedge ok'],
    'answer of b',
    ['b won'],
  ],
  [
    'a stale connection gives nobody more tries than the budget',
    { legs: [leg('a'), leg('b')], tries: 1, does: { a: [fails('stale')], b: [answers()] } },
    ['0 a first stale'],
    'all: a stale',
  ],
  [
    'a failure leads to the next target at once',
    { legs: ab, does: { a: [fails('network')], b: [answers()] } },
    ['0 a first network', '0 b retry ok'],
    'answer of b',
  ],
  [
    'the same target is asked again after its pause, each pause its own',
    { legs: aThenA, does: { a: [fails('server_error'), fails('timeout'), answers()] } },
    ['0 a first server_error', '200 a retry timeout', '600 a retry ok'],
    'answer of a',
  ],
  [
    'a pause counts from the failure, not from when its turn comes',
    {
      legs: [leg('a'), leg('b'), leg('a', { backoffMs: 200 })],
      does: { a: [fails('network'), answers()], b: [fails('network', { after: 150 })] },
    },
    ['0 a first network', '0 b retry network', '200 a retry ok'],
    'answer of a',
  ],
  [
    "a 429 leads to the target's next key at once, and to the first again only after the time it asked for",
    {
      legs: [leg('a/k1'), leg('a/k2'), leg('a/k1', { backoffMs: 100 }), leg('a/k2', { backoffMs: 100 })],
      does: {
        'a/k1': [fails('rate_limited', { retryAfterMs: 3000 }), answers()],
        'a/k2': [fails('rate_limited', { retryAfterMs: 500 }), fails('rate_limited', { retryAfterMs: 9000 })],
      },
    },
    ['0 a/k1 first rate_limited', '0 a/k2 retry rate_limited', '500 a/k2 retry rate_limited', '3000 a/k1 retry ok'],
    'answer of a/k1',
  ],
  [
    'a 429 without a word leads elsewhere at once, too',
    {
      legs: [leg('a'), leg('a', { backoffMs: 200 }), leg('b')],
      does: { a: [fails('rate_limited')], b: [answers()] },
    },
    ['0 a first rate_limited', '0 b retry ok'],
    'answer of b',
  ],
  [
    'a provider that asks for more than the longest wait is given up',
    { legs: aThenA, does: { a: [fails('rate_limited', { retryAfterMs: 31_000 })] } },
    ['0 a first rate_limited'],
    'all: a rate_limited',
  ],
  [
    'what a provider asks for is not heeded where the plan says so',
    {
      legs: aThenA,
      respectRetryAfter: false,
      does: { a: [fails('rate_limited', { retryAfterMs: 31_000 }), answers()] },
    },
    ['0 a first rate_limited', '200 a retry ok'],
    'answer of a',
  ],
  [
    'no wait outlives the deadline',
    { legs: aThenA, until: 500, does: { a: [fails('server_error')] } },
    ['0 a first server_error', '200 a retry server_error'],
    'all: a server_error, a server_error',
  ],
  [
    'a failure that is not about the key leaves out the other keys, until the round with pauses',
    {
      legs: [leg('a/k1'), leg('a/k2'), leg('b'), leg('a/k2', { backoffMs: 200 })],
      does: { 'a/k1': [fails('server_error')], 'a/k2': [answers()], b: [fails('server_error')] },
    },
    ['0 a/k1 first server_error', '0 b retry server_error', '200 a/k2 retry ok'],
    'answer of a/k2',
  ],
  [
    'a key that is refused is not shown again, for whichever model',
    {
      legs: [leg('a/k1'), leg('a/k2'), leg('a/k1', { backoffMs: 200 })],
      does: { 'a/k1': [fails('key_refused')], 'a/k2': [fails('key_refused')] },
    },
    ['0 a/k1 first key_refused', '0 a/k2 retry key_refused'],
    'all: a/k1 key_refused, a/k2 key_refused',
  ],
  [
    'a target that does not know the model is not asked again with another key',
    {
      legs: [leg('a/k1'), leg('a/k2'), leg('b'), leg('a/k1', { backoffMs: 200 })],
      does: { 'a/k1': [fails('not_found')], b: [fails('too_long')] },
    },
    ['0 a/k1 first not_found', '0 b retry too_long'],
    'all: a/k1 not_found, b too_long',
  ],
  [
    "the caller's own fault ends it",
    { legs: ab, does: { a: [fails('callers_fault')], b: [answers()] } },
    ['0 a first callers_fault'],
    'a callers_fault',
  ],
  [
    'a place that may not be asked now costs no try',
    { legs: [leg('a'), leg('b'), leg('c')], tries: 1, does: { a: ['closed'], b: ['closed'], c: [answers()] } },
    ['0 c first ok'],
    'answer of c',
  ],
  ['nobody may be asked', { legs: ab, does: { a: ['closed'], b: ['closed'] } }, [], 'all: '],
  [
    'there are no more tries than the budget says',
    { legs: [...aThenA, ...aThenA], tries: 2, does: { a: [fails('network')] } },
    ['0 a first network', '200 a retry network'],
    'all: a network, a network',
  ],
  [
    'a silent leg is hedged, and the hedge wins',
    { legs: [leg('a'), leg('b', { hedgeAfterMs: 300 })], does: { b: [answers(50)] } },
    ['0 a first stopped', '300 b hedge ok'],
    'answer of b',
    ['b won'],
  ],
  [
    'a hedge that loses is stopped',
    { legs: [leg('a'), leg('b', { hedgeAfterMs: 300 })], does: { a: [answers(400)] } },
    ['0 a first ok', '300 b hedge stopped'],
    'answer of a',
    ['b lost'],
  ],
  [
    'a leg that answers in time is not hedged',
    { legs: [leg('a'), leg('b', { hedgeAfterMs: 300 })], does: { a: [answers(290)] } },
    ['0 a first ok'],
    'answer of a',
  ],
  [
    'where there is no room for a hedge, the leg is still there for a failure',
    {
      legs: [leg('a'), leg('b', { hedgeAfterMs: 300 })],
      mayHedge: () => false,
      does: { a: [fails('network', { after: 500 })], b: [answers()] },
    },
    ['0 a first network', '500 b retry ok'],
    'answer of b',
    ['b capped'],
  ],
  [
    'a failure before the hedge is due starts it as a failover',
    {
      legs: [leg('a'), leg('b', { hedgeAfterMs: 300 })],
      does: { a: [fails('network', { after: 100 })], b: [answers(500)] },
    },
    ['0 a first network', '100 b retry ok'],
    'answer of b',
  ],
  [
    'while a hedge runs, a failure starts nothing more; when it fails as well, the next leg goes on',
    {
      legs: [leg('a'), leg('b', { hedgeAfterMs: 300 }), leg('c')],
      does: { a: [fails('network', { after: 400 })], b: [fails('network', { after: 300 })], c: [answers()] },
    },
    ['0 a first network', '300 b hedge network', '600 c retry ok'],
    'answer of c',
    ['b failed'],
  ],
  [
    'several hedges follow one another',
    { legs: [leg('a'), leg('b', { hedgeAfterMs: 300 }), leg('c', { hedgeAfterMs: 300 })], does: { c: [answers()] } },
    ['0 a first stopped', '300 b hedge stopped', '600 c hedge ok'],
    'answer of c',
    ['c won', 'b lost'],
  ],
  [
    'a race starts its legs together, and the first success wins',
    {
      legs: [leg('a'), leg('b'), leg('c'), leg('d')],
      race: 3,
      does: { a: [fails('network')], b: [answers(100)], c: [answers(200)] },
    },
    ['0 a first network', '0 b race ok', '0 c race stopped'],
    'answer of b',
  ],
  [
    'a race that all have lost goes on as usual',
    {
      legs: ab.concat(leg('c')),
      race: 2,
      does: { a: [fails('network')], b: [fails('network', { after: 50 })], c: [answers()] },
    },
    ['0 a first network', '0 b race network', '50 c retry ok'],
    'answer of c',
  ],
  [
    'a first leg with a pause waits for it',
    { legs: [leg('a', { backoffMs: 500 })], does: { a: [answers()] } },
    ['500 a first ok'],
    'answer of a',
  ],
]

describe('a plan is walked', () => {
  test.each([...stories])('%s', async (_, options, tries, ended, hedges = []) => {
    const walking = walk(options)
    await walking.pass(70_000)
    expect([walking.told(), walking.ended(), walking.hedges]).toEqual([[...tries], ended, [...hedges]])
    expect(walking.clock.waiting()).toBeLessThanOrEqual(1)
  })
})

describe('a caller who leaves', () => {
  test('during a pause ends it at once', async () => {
    const walking = walk({ legs: aThenA, does: { a: [fails('server_error'), answers()] } })
    await walking.pass(100)
    walking.caller.abort()
    await settle()
    expect([walking.ended(), walking.tried.length, walking.clock.waiting()]).toEqual(['The caller left.', 1, 0])
  })

  test('stops every leg that runs', async () => {
    const walking = walk({ legs: [leg('a'), leg('b', { hedgeAfterMs: 100 })], does: {} })
    await walking.pass(200)
    walking.caller.abort()
    await settle()
    expect([walking.ended(), walking.told()]).toEqual(['a left', ['0 a first left', '100 b hedge left']])
    expect([walking.hedges, walking.stopped()]).toEqual([[], 0])
  })

  test('before anything began starts nothing', async () => {
    const walking = walk({ legs: [leg('a', { backoffMs: 100 })], does: { a: [answers()] } })
    walking.caller.abort()
    await settle()
    expect([walking.ended(), walking.tried]).toEqual(['The caller left.', []])
  })
})

test('of two that begin in the same moment one wins, and the other is closed', async () => {
  let closed = 0
  const source: Source = {
    type: 'stream',
    dialect: 'x',
    next: async () => undefined,
    fail: () => undefined,
    close: () => void closed++,
  }
  const { promise, resolve } = Promise.withResolvers<Outcome>()
  const won = runPlan({
    plan: { legs: [leg('a'), leg('b')], race: 2, tries: 2, respectRetryAfter: true, maxWaitMs: 0 },
    clock: fakeClock(),
    until: 1000,
    signal: new AbortController().signal,
    open: () => ({ outcome: promise, stop: () => undefined }),
    wait: () => () => undefined,
    mayHedge: () => true,
    hedged: () => undefined,
    exhausted: () => new Fault('internal', ''),
  })
  resolve({ source })
  await won
  await settle()
  expect(closed).toBe(1)
})

const kinds: readonly Kind[] = [
  'network',
  'stale',
  'rate_limited',
  'key_refused',
  'not_found',
  'overloaded',
  'callers_fault',
]

const anyDoes: fc.Arbitrary<Does> = fc.oneof(
  fc.record({ after: fc.integer({ min: 0, max: 40 }).map(n => n * 10) }),
  fc.record({
    after: fc.integer({ min: 0, max: 40 }).map(n => n * 10),
    fails: fc.constantFrom(...kinds),
    retryAfterMs: fc.option(fc.constantFrom(100, 1000, 40_000), { nil: 0 }),
  }),
  fc.constant('silent' as const),
  fc.constant('closed' as const),
)

const places = ['a/k1', 'a/k2', 'b/k1', 'c/k1']
const anyLeg: fc.Arbitrary<Leg> = fc
  .record({
    place: fc.constantFrom(...places),
    backoffMs: fc.option(fc.constantFrom(100, 500), { nil: -1 }),
    hedgeAfterMs: fc.option(fc.constantFrom(50, 300), { nil: -1 }),
  })
  .map(({ place, backoffMs, hedgeAfterMs }) =>
    leg(place, { ...(backoffMs < 0 ? {} : { backoffMs }), ...(hedgeAfterMs < 0 ? {} : { hedgeAfterMs }) }),
  )

const anyWalk: fc.Arbitrary<Options> = fc
  .record({
    legs: fc.array(anyLeg, { minLength: 1, maxLength: 7 }),
    does: fc.tuple(...places.map(() => fc.array(anyDoes, { minLength: 1, maxLength: 3 }))),
    tries: fc.integer({ min: 1, max: 5 }),
    race: fc.option(fc.integer({ min: 2, max: 3 }), { nil: 1 }),
    until: fc.constantFrom(300, 2000, 10_000),
  })
  .map(({ does, ...rest }) => ({ ...rest, does: Object.fromEntries(places.map((place, i) => [place, does[i] ?? []])) }))

test('whatever the places do: no more tries than allowed, none after the deadline, one winner, nothing left running', async () => {
  await fc.assert(
    fc.asyncProperty(anyWalk, async options => {
      const walking = walk(options)
      await walking.pass(12_000)
      if (walking.ended() === undefined) {
        // Only one that says nothing for ever, and that nobody may hedge, is still awaited: its own timeout would end it.
        expect(walking.tried.some(({ ended }) => ended === '')).toBe(true)
        walking.caller.abort()
        await settle()
      }
      const oks = walking.tried.filter(({ ended }) => ended === 'ok')
      expect(walking.ended()?.startsWith('answer of') ?? false).toBe(oks.length > 0)
      expect(walking.tried.every(({ ended }) => ended !== '')).toBe(true)
      expect(walking.tried.length).toBeLessThanOrEqual(options.tries ?? 10)
      expect(walking.tried.every(({ at }) => at < (options.until ?? 0))).toBe(true)
      for (const [i, one] of walking.tried.entries()) {
        const before = walking.tried
          .slice(0, i)
          .find(each => each.leg === one.leg && /key_refused|not_found/.test(each.ended))
        // One that runs beside it may have been started before the other was refused.
        if (before && one.why !== 'race' && one.why !== 'hedge') expect(one.at).toBeLessThanOrEqual(before.at + 400)
      }
      if (walking.tried.some(({ ended }) => ended === 'callers_fault') && oks.length === 0)
        expect(walking.ended()).not.toStartWith('all:')
    }),
    { numRuns: 500 },
  )
})
