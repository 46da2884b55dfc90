import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { ask } from '../fakes/ask.ts'
import { eventually, metric, rowOf, settled } from '../fakes/ledger.ts'
import { startThalamus, type Thalamus } from '../fakes/thalamus.ts'
import { completion, events, reply, scriptedUpstream, stream, streamHead, type Upstream } from '../fakes/upstream.ts'

/** More requests than may be on their way at once, and streams that have to show that they are alive. */

// Processes are started here, and a busy machine may take its time over that.
setDefaultTimeout(20_000)

let upstream: Upstream
let house: Thalamus

beforeAll(async () => {
  upstream = await scriptedUpstream()
  house = await startThalamus({
    config: {
      server: { max_in_flight: 2, keep_alive: '80ms' },
      providers: { p: { base_url: upstream.url } },
      defaults: { retry: { attempts: 1 }, breaker: { min_requests: 1000 } },
    },
  })
})
afterAll(() => Promise.all([house, upstream].map(each => each?.stop())))

const streamed = { model: 'p/m', stream: true } as { model: string }

test('the request beyond the bound is turned away at once, and the others go on', async () => {
  const going = Promise.withResolvers<void>()
  upstream.play(async exchange => {
    await going.promise
    await reply(completion('late'))(exchange)
  })
  const served = [ask(house, { model: 'p/m' }), ask(house, { model: 'p/m' })]
  await eventually(
    () => metric(house, 'thalamus_in_flight'),
    count => count === 2,
  )
  // The second is counted before it has reached its provider.
  const asked = await eventually(
    async () => upstream.asked.length,
    count => count === 2,
  )
  const turned = await ask(house, { model: 'p/m' })
  expect([turned.status, turned.headers.get('retry-after'), upstream.asked.length]).toEqual([503, '1', asked])
  expect(turned.json()).toMatchObject({ thalamus: { code: 'overloaded' } })
  expect(await rowOf(house, turned.id)).toMatchObject({
    code: 'overloaded',
    attempts: [],
    events: [{ type: 'shed', reason: 'in_flight' }],
  })
  const line = await house.logged(each => each.event === 'shed')
  expect(line).toMatchObject({ request_id: turned.id, reason: 'in_flight' })
  expect(await metric(house, 'thalamus_shed_total', ['reason="in_flight"'])).toBe(1)
  for (const path of ['/healthz', '/readyz']) expect((await fetch(house.url + path)).status).toBe(200)
  going.resolve()
  expect((await Promise.all(served)).map(({ text }) => text)).toEqual([completion('late'), completion('late')])
  expect((await ask(house, { model: 'p/m' })).status).toBe(200)
})

describe('a stream that waits', () => {
  test('shows that it is alive, and then is as it was', async () => {
    await settled(house)
    const going = Promise.withResolvers<void>()
    upstream.play(async exchange => {
      await exchange.write(streamHead + events.role)
      await going.promise
      await exchange.write(events.says('hi') + events.stop + events.done)
      exchange.end()
    })
    const answered = await ask(house, streamed, { heard: going.resolve })
    expect(answered.text).toMatch(/^(: keep-alive\n\n)+data/)
    expect(answered.text.replaceAll(': keep-alive\n\n', '')).toBe(
      events.role + events.says('hi') + events.stop + events.done,
    )
    expect(['provider', 'model', 'attempts'].map(name => answered.headers.get(`x-thalamus-${name}`))).toEqual([
      null,
      null,
      null,
    ])
    const row = await rowOf(house, answered.id)
    expect(row).toMatchObject({ code: 'ok', status: 200 })
    expect(row.overhead_ms).toBeLessThan(50)
  })

  test('and fails, ends with an error event', async () => {
    await settled(house)
    const going = Promise.withResolvers<void>()
    upstream.play(async exchange => {
      await going.promise
      exchange.reset()
    })
    const answered = await ask(house, streamed, { heard: going.resolve })
    expect(answered.status).toBe(200)
    expect(answered.text).toMatch(/^(: keep-alive\n\n)+data: \{"error"/)
    expect(await rowOf(house, answered.id)).toMatchObject({ status: 200, code: 'upstream_failed' })
  })

  test('and whose caller leaves, stops its provider', async () => {
    await settled(house)
    const left = Promise.withResolvers<void>()
    upstream.play(exchange => void exchange.closed.then(left.resolve))
    const leaving = new AbortController()
    const answering = ask(house, streamed, { signal: leaving.signal, heard: () => leaving.abort() }).catch(
      () => undefined,
    )
    await left.promise
    await answering
    await settled(house)
  })

  test('is not made to where it answers in time', async () => {
    await settled(house)
    upstream.play(stream(events.says('hi') + events.stop + events.done))
    expect((await ask(house, streamed)).text).not.toContain('keep-alive')
  })
})
