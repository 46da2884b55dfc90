import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { fakeClock } from '../../test/fakes/clock.ts'
import { completion, reply, scriptedUpstream, type Upstream } from '../../test/fakes/upstream.ts'
import { systemClock } from '../lib/clock.ts'
import { Fault } from '../model/fault.ts'
import type { Standing } from '../model/health.ts'
import { unknown } from '../policy/sample.test-data.ts'
import { Hedges } from '../stages/pursue/hedges.ts'
import { directoryOf } from './directory.ts'
import { openHealth, rulesOf } from './health.ts'
import { place } from './places.ts'
import { keepProbing, type Probed, probe, probedBy } from './probes.ts'
import { among, waysTo } from './routes.ts'
import { configOf } from './sample.test-data.ts'

const env = { ONE: 'key-one', TWO: 'key-two' }

function probesOf(written: object): readonly Probed[] {
  const config = configOf(written, env)
  return probedBy(
    config,
    directoryOf(config, place(config, env), () => []),
  )
}

const mine = (url = 'http://10.0.0.5/v1') => ({ mine: { base_url: url, keys: ['env:ONE', 'env:TWO'] } })
const names = (probed: readonly Probed[]) =>
  probed.map(({ spot: { place: at }, everyMs }) => `${at.provider}/${at.model} ${at.key} ${everyMs}`)

describe('what is probed', () => {
  test('are the places of names that say so, each once, with each key', () => {
    const models = {
      smart: { targets: ['mine/a', 'sim/echo'], probe: { every: '30s' } },
      other: { targets: ['mine/a', 'mine/b'], probe: { every: '5s' } },
      quiet: { targets: ['mine/c'] },
    }
    expect(names(probesOf({ providers: mine(), models }))).toEqual([
      ...['mine/a k1 30000', 'mine/a k2 30000', 'sim/echo k1 30000'],
      ...['mine/b k1 5000', 'mine/b k2 5000'],
    ])
  })

  test('is nothing unless it is said, and everything that has a name if it is said for all', () => {
    const models = { smart: { targets: ['sim/echo'] } }
    expect(names(probesOf({ models }))).toEqual([])
    expect(names(probesOf({ models, defaults: { probe: { every: '1m' } } }))).toEqual(['sim/echo k1 60000'])
  })
})

/** A minute of probing of one place every ten seconds; how it stands may change with the time. */
function asked(standing: (now: number) => Partial<Standing>): readonly number[] {
  const clock = fakeClock()
  const times: number[] = []
  const [one] = probesOf({ models: { m: { targets: ['sim/echo'], probe: { every: '10s' } } } })
  const stop = keepProbing({
    clock,
    probed: () => (one ? [one] : []),
    health: { standing: () => ({ ...unknown, askedAt: times.at(-1), ...standing(clock.now()) }) },
    ask: async () => void times.push(clock.now()),
  })
  clock.advance(35_500)
  stop()
  clock.advance(60_000)
  return times
}

describe('a place', () => {
  test('without traffic is asked each time that its time is over, until it is stopped', () => {
    expect(asked(() => ({}))).toEqual([10_000, 20_000, 30_000])
  })

  test('with traffic is not asked', () => {
    expect(asked(now => ({ askedAt: now - 9_999 }))).toEqual([])
    expect(asked(() => ({ inFlight: 1 }))).toEqual([])
  })

  test('that is left alone is asked as soon as that is over', () => {
    expect(asked(now => ({ hindrance: now < 17_500 ? 'breaker' : undefined }))).toEqual([18_000, 28_000])
  })
})

describe('a probe', () => {
  let upstream: Upstream
  beforeAll(async () => {
    upstream = await scriptedUpstream()
  })
  afterAll(() => upstream.stop())

  async function probed(key = 0) {
    const config = configOf(
      { providers: mine(upstream.url), models: { m: { targets: ['mine/a'], probe: { every: '1s' } } } },
      env,
    )
    const placed = place(config, env)
    const health = openHealth(systemClock, rulesOf(config, placed))
    const routes = new Map(placed.map(each => [each.row.id, waysTo(each, () => '', '1', systemClock)]))
    const [...all] = probedBy(
      config,
      directoryOf(config, placed, () => []),
    )
    const one = all[key] ?? expect.unreachable()
    const world = {
      clock: systemClock,
      health,
      hedges: new Hedges(),
      route: among(routes),
      fetchFile: () => Promise.reject(new Error('There is no file to fetch.')),
      tell: () => undefined,
    }
    const fault = await probe(one, world, new AbortController().signal).catch((error: unknown) => error)
    return { fault, standing: health.standing(one.spot.place), reading: health.places()[0] }
  }

  test('is a tiny chat with the key of its place, and its place learns from it', async () => {
    upstream.play(reply(completion('pong')))
    const { fault, reading, standing } = await probed(1)
    expect(fault).toBeUndefined()
    const sent = upstream.asked.at(-1)
    expect(sent?.headers.get('authorization')).toBe('Bearer key-two')
    expect(JSON.parse(sent?.body ?? '')).toEqual({
      model: 'a',
      messages: [{ role: 'user', content: 'ping' }],
      max_completion_tokens: 16,
    })
    expect([standing.inFlight, reading?.minute.requests, reading?.minute.errors]).toEqual([0, 1, {}])
  })

  test('that fails is a failure of its place', async () => {
    upstream.play(reply('{"error":{"message":"out"}}', { status: 500 }))
    const { fault, reading } = await probed()
    expect(fault).toBeInstanceOf(Fault)
    expect(reading?.minute.errors).toEqual({ server_error: 1 })
  })
})
