import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import type { z } from 'zod'
import type { providerShape } from '../../src/admin/contract.ts'
import { type Answered, ask } from '../fakes/ask.ts'
import { eventually, metric, rowOf, rows, settled } from '../fakes/ledger.ts'
import { startThalamus, type Thalamus } from '../fakes/thalamus.ts'
import { completion, events, reply, type Script, scriptedUpstream, stream, type Upstream } from '../fakes/upstream.ts'

/**
 * What is learnt of providers and where it leads: breakers, limits, keys, probes. From outside, and each test with a
 * provider of its own: `sick` does what the test says, `well` answers.
 */

// Processes are started here, and a busy machine may take its time over that.
setDefaultTimeout(20_000)

let sick: Upstream
let well: Upstream
let house: Thalamus

const keys = { ONE: 'sk-one-0123456789', TWO: 'sk-two-0123456789', THREE: 'sk-three-0123456789' }
const names = ['cut', 'down', 'left', 'faulty', 'limited', 'paused', 'probed', 'pooled', 'paced', 'stuck'] as const
type Name = (typeof names)[number]

beforeAll(async () => {
  ;[sick, well] = await Promise.all([scriptedUpstream(), scriptedUpstream(answers('well'))])
  const one = { base_url: sick.url, keys: ['env:ONE'] }
  const pool = { base_url: sick.url, keys: Object.keys(keys).map(name => `env:${name}`) }
  const providers = {
    ...Object.fromEntries(names.map(name => [name, one])),
    pooled: pool,
    paced: { base_url: sick.url, keys: [{ secret: 'env:ONE', rpm: 2, weight: 1000 }, 'env:TWO'] },
    well: { base_url: well.url },
  }
  const models = {
    ...Object.fromEntries(names.map(name => [`${name}-or-well`, { targets: [`${name}/m`, 'well/m'] }])),
    watched: { targets: ['probed/m'], probe: { every: '1s' } },
  }
  const defaults = {
    retry: { attempts: 1 },
    breaker: { window: '30s', min_requests: 4, failure_rate: 0.5, open_for: '300ms' },
  }
  house = await startThalamus({ config: { providers, models, defaults }, env: keys })
})
afterAll(() => Promise.all([house, sick, well].map(each => each?.stop())))

const isStream = (body: string): boolean => body.includes('"stream":true')

const answers =
  (content: string, headers: Readonly<Record<string, string>> = {}): Script =>
  exchange =>
    (isStream(exchange.asked.body)
      ? stream(events.role, events.says(content), events.stop, events.done)
      : reply(completion(content), { headers }))(exchange)

const refuses = (status: number, headers: Readonly<Record<string, string>> = {}): Script =>
  reply('{"error":{"message":"no"}}', { status, headers })

const keyOf = ({ asked }: Parameters<Script>[0]): string =>
  asked.headers.get('authorization')?.slice('Bearer '.length) ?? ''

const say = (model: string, more: object = {}): Promise<Answered> => ask(house, { model, ...more })

const by = ({ headers }: Answered): string | null => headers.get('x-thalamus-provider')

type Provider = z.infer<typeof providerShape>

async function read(id: Name): Promise<Provider> {
  const headers = { authorization: `Bearer ${house.adminToken}` }
  const response = await fetch(`${house.adminUrl}/admin/v1/providers`, { headers })
  const { data } = (await response.json()) as { readonly data: readonly Provider[] }
  return data.find(provider => provider.id === id) ?? expect.unreachable()
}

const breakerOf = async (id: Name) => (await read(id)).targets[0]?.breaker
const gauge = (name: string, id: Name) => metric(house, name, [`provider="${id}"`])

describe('a breaker', () => {
  test('opens when a target keeps failing, and then it is not asked; nobody has noticed', async () => {
    sick.play(refuses(500))
    const before = sick.asked.length
    const answered = []
    for (let i = 0; i < 12; i++) answered.push(await say('down-or-well'))
    expect(answered.map(each => [each.status, by(each)])).toEqual(Array(12).fill([200, 'well']))
    // Two failures put it behind the other, which answers: the breaker has its say where there is no other.
    expect(sick.asked.length - before).toBe(2)
    for (let i = 0; i < 2; i++) expect((await say('down/m')).status).toBe(500)
    expect([await breakerOf('down'), await gauge('thalamus_breaker_state', 'down')]).toEqual(['open', 2])
    // It has never answered, and is known all the same: the config names it.
    expect(await metric(house, 'thalamus_breaker_state', ['provider="down"', 'model="m"'])).toBe(2)
    expect(await metric(house, 'thalamus_failovers_total', ['from="down/m"', 'to="well/m"'])).toBe(2)
    const line = await house.logged(each => each.event === 'breaker' && each.target === 'down/m')
    expect(line).toMatchObject({ from: 'closed', to: 'open', request_id: expect.stringMatching(/^req_/) })
  })

  test('that is open lets nothing through but its trials, and closes when they do well', async () => {
    sick.play(answers('back'))
    expect((await say('down/m')).status).toBe(200)
    expect(await breakerOf('down')).toBe('half-open')
    expect((await say('down/m')).status).toBe(200)
    expect([await breakerOf('down'), await gauge('thalamus_breaker_state', 'down')]).toEqual(['closed', 0])
  })

  test('hears how a stream ended, not how it began', async () => {
    sick.play(stream(events.role, events.says('half')))
    for (let i = 0; i < 4; i++) expect((await say('cut/m', { stream: true })).text).toContain('"error"')
    await settled(house)
    expect(await breakerOf('cut')).toBe('open')
  })

  test('does not hear of callers who leave', async () => {
    for (let i = 0; i < 8; i++) {
      const leaving = new AbortController()
      const asked = Promise.withResolvers<void>()
      sick.play(() => asked.resolve())
      const left = ask(house, { model: 'left/m' }, { signal: leaving.signal }).catch(() => 'left')
      await asked.promise
      leaving.abort()
      expect(await left).toBe('left')
    }
    await settled(house)
    const [target] = (await read('left')).targets
    expect(target).toMatchObject({ breaker: 'closed', in_flight: 0, windows: { minute: { errors: { left: 8 } } } })
  })

  test('does not hear of faults that are the caller’s own', async () => {
    sick.play(refuses(400))
    for (let i = 0; i < 8; i++) expect((await say('faulty/m')).status).toBe(400)
    expect(await breakerOf('faulty')).toBe('closed')
  })
})

describe('a provider’s limits', () => {
  test('that are used up in its own words are not run into: another is asked', async () => {
    sick.play(answers('the last', { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '1m0s' }))
    const before = sick.asked.length
    expect([by(await say('limited-or-well')), by(await say('limited-or-well'))]).toEqual(['limited', 'well'])
    expect(sick.asked.length - before).toBe(1)
    const [target] = (await read('limited')).targets
    expect(target).toMatchObject({ hindrance: 'limit', limits: { requests: { remaining: 0 } } })
  })

  test('are hints: where there is no other, it is asked all the same', async () => {
    expect(by(await say('limited/m'))).toBe('limited')
  })

  test('that were run into are heeded: after the pause that it asked for, it is asked again', async () => {
    let refused = 0
    sick.play(exchange => (refused++ === 0 ? refuses(429, { 'retry-after-ms': '700' }) : answers('again'))(exchange))
    expect(by(await say('paused-or-well'))).toBe('well')
    expect([by(await say('paused-or-well')), refused]).toEqual(['well', 1])
    const began = performance.now()
    const answered = await say('paused/m')
    expect([answered.status, by(answered), performance.now() - began > 300]).toEqual([200, 'paused', true])
  })

  test('that are years away are an error at once, with the time to ask again', async () => {
    sick.play(refuses(429, { 'retry-after': '31536000' }))
    expect((await say('stuck/m')).status).toBe(429)
    const asked = sick.asked.length
    const answered = await say('stuck/m')
    expect([answered.status, answered.headers.get('retry-after'), sick.asked.length]).toEqual([503, '300', asked])
    expect(answered.text).toContain('stuck/m is at its limit')
    expect(by(await say('stuck-or-well'))).toBe('well')
  })
})

describe('a pool of keys', () => {
  test('loses the one that is refused, with an event, and goes on with the others', async () => {
    sick.play(exchange => (keyOf(exchange) === keys.TWO ? refuses(401) : answers('by a key'))(exchange))
    const isOut = async () => (await read('pooled')).keys.find(({ id }) => id === 'k2')?.state === 'disabled'
    for (let i = 0; i < 200 && !(await isOut()); i++) expect((await say('pooled/m')).status).toBe(200)
    expect((await read('pooled')).keys.map(({ id, state, status }) => [id, state, status])).toEqual([
      ['k1', 'enabled', null],
      ['k2', 'disabled', 401],
      ['k3', 'enabled', null],
    ])
    expect(await house.logged(({ event }) => event === 'key')).toMatchObject({
      provider: 'pooled',
      key: 'k2',
      action: 'disabled',
      status: 401,
    })
    const used = new Set<string>()
    sick.play(exchange => {
      used.add(keyOf(exchange))
      return answers('by a key')(exchange)
    })
    for (let i = 0; i < 40; i++) await say('pooled/m')
    expect([...used].toSorted()).toEqual([keys.ONE, keys.THREE].toSorted())
  })

  test('leads one session to one key', async () => {
    const used = new Set<string>()
    sick.play(exchange => {
      used.add(keyOf(exchange))
      return answers('same')(exchange)
    })
    for (let i = 0; i < 20; i++)
      await ask(house, { model: 'pooled/m' }, { headers: { 'x-thalamus-session': 'conversation 7' } })
    expect(used.size).toBe(1)
  })

  test('gives no key more than its own requests in a minute', async () => {
    const used: string[] = []
    sick.play(exchange => {
      used.push(keyOf(exchange))
      return answers('paced')(exchange)
    })
    for (let i = 0; i < 10; i++) expect((await say('paced/m')).status).toBe(200)
    expect(used.filter(key => key === keys.ONE)).toHaveLength(2)
  })
})

describe('a probe', () => {
  test('brings a target back that no caller asks, and is nobody’s request', async () => {
    sick.play(refuses(500))
    for (let i = 0; i < 4; i++) await say('probed/m')
    expect(await breakerOf('probed')).toBe('open')
    const before = (await rows(house)).length
    const probes: string[] = []
    sick.play(exchange => {
      probes.push(exchange.asked.body)
      return answers('pong')(exchange)
    })
    await eventually(
      () => breakerOf('probed'),
      state => state === 'closed',
    )
    expect(probes.map(body => JSON.parse(body))).toEqual(
      Array(2).fill({ model: 'm', messages: [{ role: 'user', content: 'ping' }], max_completion_tokens: 16 }),
    )
    expect((await rows(house)).length).toBe(before)
  })
})

test('how a target did is told by its windows and figures, key by key', async () => {
  const minutes = (await read('pooled')).targets.map(({ windows }) => windows.minute)
  expect(minutes).toHaveLength(3)
  expect(minutes.reduce((sum, { requests }) => sum + requests, 0)).toBeGreaterThan(60)
  for (const { requests, errors, latency_ms } of minutes)
    expect([requests > 0, errors, latency_ms === null]).toEqual(
      latency_ms ? [true, {}, false] : [true, { key_refused: 1 }, true],
    )
  expect(await gauge('thalamus_provider_latency_seconds', 'pooled')).toBeGreaterThan(0)
  const { attempts } = await rowOf(house, (await say('pooled/m')).id)
  expect(attempts[0]?.key).toMatch(/^k[123]$/)
})
