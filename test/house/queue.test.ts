import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { type Answered, ask } from '../fakes/ask.ts'
import { eventually, metric, rowOf, settled } from '../fakes/ledger.ts'
import { startThalamus, type Thalamus } from '../fakes/thalamus.ts'
import {
  completion,
  events,
  reply,
  type Script,
  scriptedUpstream,
  streamHead,
  type Upstream,
} from '../fakes/upstream.ts'

/**
 * Requests that wait until a place is free: in their order, not all at once, and no longer than they may. Each story has a
 * provider of its own at the same place, because what is learnt of one stays.
 */

// Processes are started here, and a busy machine may take its time over that.
setDefaultTimeout(20_000)

let upstream: Upstream
let house: Thalamus

const names = ['one', 'herd', 'order', 'fair', 'left', 'late', 'full', 'taken', 'broken', 'flight'] as const
const keys = { KEY: 'sk-one-0123456789', ADA: 'thal_ada_0123456789', BOB: 'thal_bob_0123456789' }

beforeAll(async () => {
  upstream = await scriptedUpstream()
  const providers = Object.fromEntries(
    names.map(name => [
      name,
      { base_url: upstream.url, keys: name === 'taken' ? [{ secret: 'env:KEY', rpm: 2 }] : ['env:KEY'] },
    ]),
  )
  const late = { targets: ['late/m'], retry: { max_wait: '700ms' } }
  const defaults = {
    retry: { attempts: 1, max_wait: '10s', respect_retry_after: true },
    breaker: { window: '30s', min_requests: 4, failure_rate: 0.5, open_for: '600ms' },
  }
  house = await startThalamus({
    config: {
      server: { max_queued: 6 },
      providers,
      models: {
        'late-soon': late,
        'broken-long': { targets: ['broken/m'], breaker: { open_for: '1s' } },
        'taken-soon': { targets: ['taken/m'], retry: { max_wait: '300ms' } },
        'flight-again': { targets: ['flight/m'], retry: { attempts: 2, backoff: { base: '1ms' } } },
      },
      defaults,
      keys: [
        { name: 'ada', secret: 'env:ADA' },
        { name: 'bob', secret: 'env:BOB' },
      ],
    },
    env: keys,
  })
})
afterAll(() => Promise.all([house, upstream].map(each => each?.stop())))

const answers: Script = reply(completion('hi'))
const refuses = (ms: number): Script =>
  reply('{"error":{"message":"slow down"}}', { status: 429, headers: { 'retry-after-ms': `${ms}` } })

type Wish = { readonly user?: string; readonly priority?: string; readonly key?: string; readonly signal?: AbortSignal }

const say = (model: string, { user = '', priority, key = keys.ADA, signal }: Wish = {}): Promise<Answered> =>
  ask(house, { model, user } as { model: string }, {
    key,
    headers: priority === undefined ? {} : { 'x-thalamus-priority': priority },
    ...(signal && { signal }),
  })

const statusesOf = (all: readonly Answered[]): readonly number[] =>
  all.map(({ status }) => status).toSorted((one, other) => one - other)

/** A provider that has just asked for a pause of so long. */
async function paused(name: (typeof names)[number], ms: number): Promise<void> {
  upstream.play(refuses(ms))
  expect((await say(`${name}/m`)).status).toBe(429)
  upstream.play(answers)
}

const queued = (count: number): Promise<number> =>
  eventually(
    () => metric(house, 'thalamus_queued'),
    now => now === count,
  )

/** Who was asked for from now on, by the user that they named. */
function heard(): () => readonly string[] {
  const from = upstream.asked.length
  return () => upstream.asked.slice(from).map(({ body }) => (JSON.parse(body) as { user: string }).user)
}

test('a request waits until its provider may be asked, and says so; its wait is no work of ours', async () => {
  await paused('one', 500)
  const began = performance.now()
  const answered = await say('one/m', { priority: 'low' })
  const took = performance.now() - began
  expect([answered.status, took > 300, took < 3_000]).toEqual([200, true, true])
  const row = await rowOf(house, answered.id)
  const [event] = row.events
  expect(event).toMatchObject({ type: 'queue', result: 'went', priority: -10 })
  expect(Number(event?.waited_ms)).toBeWithin(300, 3_000)
  expect(row.attempts).toMatchObject([{ outcome: 'ok', waited_ms: event?.waited_ms, why: null }])
  expect(row.overhead_ms).toBeLessThan(100)
  expect(await metric(house, 'thalamus_queue_wait_seconds_count', ['result="went"'])).toBe(1)
  const line = await house.logged(each => each.event === 'queue' && each.request_id === answered.id)
  expect(line).toMatchObject({ result: 'went', waited_ms: event?.waited_ms })
})

test('those who waited do not come all at once: while the first is refused, the others go on waiting', async () => {
  await paused('herd', 400)
  const before = upstream.asked.length
  let refused = 0
  upstream.play(exchange => (refused++ === 0 ? refuses(400) : answers)(exchange))
  const all = await Promise.all(Array.from({ length: 6 }, () => say('herd/m')))
  // The one that was let go first learns that it was too soon. It has no other try, and tells its caller so.
  expect(statusesOf(all)).toEqual([200, 200, 200, 200, 200, 429])
  expect(upstream.asked.length - before).toBe(6)
})

test('those who are refused together come back one after the other', async () => {
  const at: number[] = []
  const allAsked = Promise.withResolvers<void>()
  let asked = 0
  upstream.play(async exchange => {
    at.push(performance.now())
    if (++asked > 4) return answers(exchange)
    if (asked === 4) allAsked.resolve()
    await allAsked.promise
    return refuses(300)(exchange)
  })
  const all = await Promise.all(Array.from({ length: 4 }, () => say('flight-again')))
  expect(all.map(({ status }) => status)).toEqual(Array(4).fill(200))
  const [first = 0, second = 0, , last = 0] = at.slice(4)
  expect([second - first > 50, last - first > 150]).toEqual([true, true])
  const row = await rowOf(house, all[0]?.id ?? '')
  expect(row.attempts.map(({ outcome, why }) => [outcome, why])).toEqual([
    ['rate_limited', null],
    ['ok', 'retry'],
  ])
  expect(row.attempts[1]?.waited_ms).toBeGreaterThan(250)
})

test('a higher priority goes first; a number says so, too', async () => {
  await paused('order', 1_500)
  const who = heard()
  const waiting = []
  for (const [n, priority] of ['low', undefined, 'high', '50'].entries()) {
    waiting.push(say('order/m', { user: priority ?? 'normal', ...(priority !== undefined && { priority }) }))
    await queued(n + 1)
  }
  await Promise.all(waiting)
  const went = who()
  // Two that are let go in one moment may arrive in any order.
  expect([went[0], went.slice(1, 3).toSorted(), went[3]]).toEqual(['50', ['high', 'normal'], 'low'])
})

test('a priority that is none is refused', async () => {
  for (const priority of ['urgent', '101', '', 'NaN'])
    expect([priority, (await say('order/m', { priority })).status]).toEqual([priority, 400])
})

test('callers take turns, however many requests one has', async () => {
  await paused('fair', 1_500)
  const who = heard()
  const waiting = []
  for (const [n, user] of ['ada1', 'ada2', 'ada3', 'bob1', 'bob2'].entries()) {
    waiting.push(say('fair/m', { user, key: user.startsWith('ada') ? keys.ADA : keys.BOB }))
    await queued(n + 1)
  }
  await Promise.all(waiting)
  const went = who()
  expect([went[0], went.slice(1, 3).toSorted()]).toEqual(['ada1', ['ada2', 'bob1']])
})

test('a caller who leaves the queue is gone at once, and nobody is asked for it', async () => {
  await paused('left', 3_000)
  const who = heard()
  const leaving = new AbortController()
  const left = say('left/m', { signal: leaving.signal }).catch(() => 'left')
  await queued(1)
  const began = performance.now()
  leaving.abort()
  await queued(0)
  await settled(house)
  expect(performance.now() - began).toBeLessThan(500)
  expect([await left, who()]).toEqual(['left', []])
  const line = await house.logged(each => each.event === 'queue' && each.result === 'left')
  expect(await rowOf(house, String(line.request_id))).toMatchObject({ code: 'client_closed', attempts: [] })
})

test('nobody waits longer than it may: an error with the time to ask again, at once where it is no use to wait', async () => {
  await paused('late', 60_000)
  const began = performance.now()
  const soon = await say('late-soon')
  expect([soon.status, performance.now() - began < 500]).toEqual([503, true])
  expect(Number(soon.headers.get('retry-after'))).toBeWithin(55, 61)
})

describe('a queue that is full', () => {
  test('turns a request away at once, and makes room for a higher priority', async () => {
    await paused('full', 1_500)
    const waiting = Array.from({ length: 6 }, () => say('full/m', { priority: 'low' }))
    await queued(6)
    const turned = await say('full/m', { priority: 'low' })
    expect([turned.status, turned.headers.get('retry-after')]).toEqual([503, '2'])
    expect(turned.json()).toMatchObject({ thalamus: { code: 'overloaded' } })
    expect((await rowOf(house, turned.id)).events).toMatchObject([{ type: 'shed', reason: 'queue' }])
    expect(await metric(house, 'thalamus_shed_total', ['reason="queue"'])).toBe(1)
    const urgent = await say('full/m', { priority: 'high' })
    expect(urgent.status).toBe(200)
    expect(statusesOf(await Promise.all(waiting))).toEqual([200, 200, 200, 200, 200, 503])
  })
})

test('requests that come together get no more than what is left of a key; waiting is of use to none of the others', async () => {
  upstream.play(answers)
  const before = upstream.asked.length
  const all = await Promise.all(Array.from({ length: 5 }, () => say('taken-soon')))
  expect(statusesOf(all)).toEqual([200, 200, 503, 503, 503])
  expect(upstream.asked.length - before).toBe(2)
})

test('a breaker that was open lets its trials through, and then the others', async () => {
  upstream.play(reply('{"error":{"message":"broken"}}', { status: 500 }))
  for (let n = 0; n < 4; n++) expect((await say('broken-long')).status).toBe(500)
  const ending = Promise.withResolvers<void>()
  upstream.play(async exchange => {
    await exchange.write(streamHead + events.role + events.says('hi'))
    await ending.promise
    await exchange.write(events.stop + events.done)
    exchange.end()
  })
  let begun = 0
  const heard = (): void => void begun++
  const streamed = { model: 'broken-long', stream: true } as { model: string }
  const asking = Array.from({ length: 6 }, () => ask(house, streamed, { key: keys.ADA, heard }))
  await eventually(
    async () => begun,
    count => count === 2,
  )
  await queued(4)
  const began = performance.now()
  ending.resolve()
  const all = await Promise.all(asking)
  expect(all.map(({ text }) => text.includes('[DONE]'))).toEqual(Array(6).fill(true))
  // The others go when the trials have come to their end, not when somebody looks again.
  expect(performance.now() - began).toBeLessThan(700)
})
