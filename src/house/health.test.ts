import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { type FakeClock, fakeClock } from '../../test/fakes/clock.ts'
import { nearest } from '../lib/nearest.ts'
import type { Letter } from '../model/call.ts'
import type { Outcome, Place } from '../model/health.ts'
import type { Leg } from '../model/plan.ts'
import { plan } from '../policy/plan.ts'
import { resolve } from '../policy/resolve.ts'
import { verdictOf } from '../policy/verdict.ts'
import type { Health, Started } from '../ports/health.ts'
import { directoryOf } from './directory.ts'
import { openHealth, rulesOf } from './health.ts'
import { place } from './places.ts'
import { configOf } from './sample.test-data.ts'

const env = { ONE: 'key-one', TWO: 'key-two', THREE: 'key-three' }

describe('what holds for a place', () => {
  const models = {
    first: { targets: ['mine/a'], breaker: { open_for: '1s' } },
    second: { targets: ['mine/a', 'mine/b'], breaker: { open_for: '2s' } },
  }
  const providers = { mine: { base_url: 'http://h/v1', keys: [{ secret: 'env:ONE', rpm: 6, tpm: 7 }, 'env:TWO'] } }
  const config = configOf({ models, providers, defaults: { breaker: { open_for: '3s' } } }, env)
  const rules = rulesOf(config, place(config, env))
  const of = (model: string, key = 'k1') => rules({ provider: 'mine', model, key })

  test('is the breaker of the first name that leads there, or everybody’s', () => {
    expect(['a', 'b', 'c'].map(model => of(model).breaker.openForMs)).toEqual([1000, 2000, 3000])
  })

  test('are the limits of its key, and a print that tells secrets apart and does not show them', () => {
    expect(of('a')).toMatchObject({ rpm: 6, tpm: 7 })
    expect([of('a', 'k2').rpm, of('a').print === of('a', 'k2').print]).toEqual([undefined, false])
    expect(of('a').print).not.toContain(env.ONE)
  })
})

// Plans and health together on a virtual clock: two targets with two keys each, which fail as it comes.

const strategies = ['ordered', 'weighted', 'latency', 'score'] as const
const config = configOf(
  {
    providers: {
      a: { base_url: 'http://a/v1', keys: [{ secret: 'env:ONE', rpm: 3 }, 'env:TWO'] },
      b: { base_url: 'http://b/v1', keys: ['env:ONE', 'env:THREE'] },
    },
    models: Object.fromEntries(strategies.map(strategy => [strategy, { strategy, targets: ['a/m', 'b/m'] }])),
    defaults: { breaker: { min_requests: 4, window: '30s', open_for: '15s' } },
  },
  env,
)
const placed = place(config, env)
const directory = directoryOf(config, placed, () => [])
const everywhere = ['a k1', 'a k2', 'b k1', 'b k2'] as const
type Where = (typeof everywhere)[number]

const caller = { keyId: 'k', keyName: 'n', team: undefined, models: ['*'], limits: {} }
const letter = (model: string): Letter => ({
  dialect: 'openai-chat',
  text: '{}',
  fields: [],
  outline: {},
  body: {},
  call: { operation: 'chat', model, stream: false, wantsUsage: false },
  sealed: false,
  strict: false,
})

const whereOf = ({ target: { provider }, key = 'k1' }: Leg): Where => `${provider} ${key}` as Where
const placeAt = (where: Where): Place => ({ provider: where[0] ?? '', model: 'm', key: where.slice(2) })

/** What is wrong with a place: nothing, or how it answers until it is mended. */
type Ill = 'down' | 'refuses' | 'limited' | undefined

const outcomes: Readonly<Record<Ill & string, Outcome>> = {
  down: { failure: verdictOf('server_error'), status: 500 },
  refuses: { failure: verdictOf('key_refused'), status: 401 },
  limited: {
    failure: verdictOf('rate_limited'),
    status: 429,
    header: name => (name === 'retry-after' ? '20' : undefined),
  },
}

/** How it truly is, and what was seen of it. */
type Truth = {
  readonly ill: Map<Where, Ill>
  /** Places that asked for a pause: until when. */
  readonly paused: Map<Where, number>
  /** When the key with a limit of its own was asked. */
  readonly paced: number[]
}

class House {
  readonly clock: FakeClock = fakeClock()
  readonly health: Health = openHealth(this.clock, rulesOf(config, placed))
  readonly asked: Where[] = []
  readonly running: { readonly where: Where; readonly started: Started }[] = []

  plan(model: string): readonly Leg[] {
    const { clock, health } = this
    const found = resolve(model, directory, nearest)
    const world = { resolve: () => found, now: clock.now, random: Math.random, standing: health.standing }
    const made = plan(letter(model), caller, { ...world, tariff: () => undefined })
    return made.legs.filter(leg => leg.backoffMs === undefined).slice(0, made.tries)
  }

  isFree = (where: Where): boolean => this.health.standing(placeAt(where)).hindrance === undefined

  begin(where: Where, { paced }: Truth): Started | undefined {
    const started = this.health.begin(placeAt(where))
    if (started) this.asked.push(where)
    if (started && where === 'a k1') paced.push(this.clock.now())
    return started
  }

  end(where: Where, started: Started, { ill, paused }: Truth): boolean {
    const is = ill.get(where)
    this.health.report(started, is === undefined ? { status: 200, latencyMs: 100 } : outcomes[is])
    if (is === 'limited') paused.set(where, Math.max(paused.get(where) ?? 0, this.clock.now() + 20_000))
    return is === undefined
  }
}

class Wait implements fc.Command<Truth, House> {
  readonly ms: number
  constructor(ms: number) {
    this.ms = ms
  }
  check = () => true
  run(_: Truth, house: House): void {
    house.clock.advance(this.ms)
  }
  toString = () => `wait ${this.ms}`
}

class Ail implements fc.Command<Truth, House> {
  readonly where: Where
  readonly ill: Ill
  constructor(where: Where, ill: Ill) {
    this.where = where
    this.ill = ill
  }
  check = () => true
  run({ ill }: Truth): void {
    ill.set(this.where, this.ill)
  }
  toString = () => `${this.where} ${this.ill ?? 'is well'}`
}

/** A request that ends at once. If a place that may be asked would answer it, it is answered. */
class Ask implements fc.Command<Truth, House> {
  readonly strategy: string
  constructor(strategy: string) {
    this.strategy = strategy
  }
  check = () => true
  run(truth: Truth, house: House): void {
    const now = house.clock.now()
    const free = everywhere.filter(house.isFree)
    const legs = this.#legs(house, free.length > 0)
    for (const where of legs.map(whereOf)) if (free.length > 0) expect((truth.paused.get(where) ?? 0) <= now).toBe(true)
    const answered = legs.some(leg => {
      const started = house.begin(whereOf(leg), truth)
      return started !== undefined && house.end(whereOf(leg), started, truth)
    })
    if (free.some(where => truth.ill.get(where) === undefined)) expect(answered).toBe(true)
    expect(truth.paced.filter(at => at > now - 60_000).length).toBeLessThanOrEqual(3)
  }
  #legs(house: House, mustPlan: boolean): readonly Leg[] {
    try {
      return house.plan(this.strategy)
    } catch (error) {
      if (mustPlan) throw error
      return []
    }
  }
  toString = () => `ask ${this.strategy}`
}

/** A try that goes on for a while, and ends later. */
class Begin implements fc.Command<Truth, House> {
  readonly where: Where
  constructor(where: Where) {
    this.where = where
  }
  check = () => true
  run(truth: Truth, house: House): void {
    const started = house.begin(this.where, truth)
    if (started) house.running.push({ where: this.where, started })
    expect(house.health.standing(placeAt(this.where)).inFlight).toBe(
      house.running.filter(({ where }) => where === this.where).length,
    )
  }
  toString = () => `begin ${this.where}`
}

class End implements fc.Command<Truth, House> {
  readonly which: number
  constructor(which: number) {
    this.which = which
  }
  check = () => true
  run(truth: Truth, house: House): void {
    const [one] = house.running.splice(this.which % Math.max(1, house.running.length), 1)
    if (one) house.end(one.where, one.started, truth)
  }
  toString = () => `end ${this.which}`
}

/** Everything is well again, and time passes: then each place has to be asked again. */
function expectAllAskedAgain(truth: Truth, house: House): void {
  truth.ill.clear()
  for (const { where, started } of house.running.splice(0)) house.end(where, started, truth)
  house.clock.advance(660_000)
  house.asked.length = 0
  for (let i = 0; i < 100; i++) {
    house.clock.advance(4_000)
    new Ask('weighted').run(truth, house)
  }
  expect(new Set(house.asked).size).toBe(everywhere.length)
}

test('whatever fails when, a place that would answer is asked, one that must not be is not, and none is lost for ever', () => {
  const where = fc.constantFrom(...everywhere)
  const commands = [
    fc.constantFrom(...strategies).map(strategy => new Ask(strategy)),
    fc.constantFrom(...strategies).map(strategy => new Ask(strategy)),
    fc.oneof(fc.nat(3_000), fc.nat(40_000)).map(ms => new Wait(ms)),
    fc.tuple(where, fc.constantFrom<Ill>('down', 'refuses', 'limited', undefined)).map(([at, ill]) => new Ail(at, ill)),
    where.map(at => new Begin(at)),
    fc.nat(20).map(which => new End(which)),
  ]
  fc.assert(
    fc.property(fc.commands(commands, { maxCommands: 100, size: 'max' }), steps => {
      const truth: Truth = { ill: new Map(), paused: new Map(), paced: [] }
      const house = new House()
      fc.modelRun(() => ({ model: truth, real: house }), steps)
      expectAllAskedAgain(truth, house)
    }),
    { numRuns: 100 },
  )
})
