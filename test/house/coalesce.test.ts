import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { type Answered, ask } from '../fakes/ask.ts'
import { eventually, metric, rowOf, settled } from '../fakes/ledger.ts'
import { startThalamus, type Thalamus } from '../fakes/thalamus.ts'
import { completion, events, reply, scriptedUpstream, streamHead, type Upstream } from '../fakes/upstream.ts'

/** Requests that are the same share one reply while it is on its way, where the operator wishes it. */

// Processes are started here, and a busy machine may take its time over that.
setDefaultTimeout(20_000)

let upstream: Upstream
let house: Thalamus

beforeAll(async () => {
  upstream = await scriptedUpstream()
  house = await startThalamus({
    config: {
      providers: { p: { base_url: upstream.url, price: { input: 1, output: 2 } } },
      models: { shared: { targets: ['p/m'], coalesce: true }, own: { targets: ['p/m'] } },
    },
  })
})
afterAll(() => Promise.all([house, upstream].map(each => each?.stop())))

const say = (model: string, more: object = {}, signal?: AbortSignal): Promise<Answered> =>
  ask(house, { model, temperature: 0, ...more } as { model: string }, signal && { signal })

/** Answers when it is told to. */
function held(): { readonly asked: () => number; go(): void } {
  const from = upstream.asked.length
  const going = Promise.withResolvers<void>()
  upstream.play(async exchange => {
    const streamed = exchange.asked.body.includes('"stream":true')
    if (streamed) await exchange.write(streamHead + events.role + events.says('one '))
    await going.promise
    if (!streamed) return reply(completion('one two'))(exchange)
    await exchange.write(events.says('two') + events.stop + events.usage(3, 2) + events.done)
    return exchange.end()
  })
  return { asked: () => upstream.asked.length - from, go: going.resolve }
}

const inFlight = (count: number): Promise<number> =>
  eventually(
    () => metric(house, 'thalamus_in_flight'),
    now => now === count,
  )

/** So many have joined another since the test began. */
async function joiners(): Promise<(count: number) => Promise<unknown>> {
  const joined = (): Promise<number> => metric(house, 'thalamus_coalesced_total')
  const before = await joined()
  return count => eventually(joined, now => now === before + count)
}

test.each([[{}], [{ stream: true, stream_options: { include_usage: true } }]])(
  'one call serves all who ask the same, %p; each has its row, and one of them pays',
  async more => {
    await settled(house)
    const { asked, go } = held()
    const joined = await joiners()
    const asking = Array.from({ length: 5 }, () => say('shared', more))
    await joined(4)
    go()
    const all = await Promise.all(asking)
    expect([asked(), new Set(all.map(({ text }) => text)).size, all[0]?.status]).toEqual([1, 1, 200])
    expect(all.map(({ headers }) => headers.get('x-thalamus-provider'))).toEqual(Array(5).fill('p'))
    const rows = await Promise.all(all.map(({ id }) => rowOf(house, id)))
    const payers = rows.filter(({ usage }) => usage !== null)
    expect(payers).toMatchObject([{ cost_usd: '0.000007', plan: 'alias shared' }])
    const told = {
      code: 'ok',
      cost_usd: '0',
      provider: 'p',
      plan: `the reply of ${payers[0]?.id}, shared`,
      attempts: [],
    }
    const events = [{ type: 'coalesce', with: payers[0]?.id }]
    const others = rows.filter(({ usage }) => usage === null)
    expect(others).toMatchObject(Array(4).fill({ ...told, events }))
    expect(Math.max(...others.map(row => row.overhead_ms))).toBeLessThan(100)
  },
)

test('those who leave harm nobody, the first included', async () => {
  await settled(house)
  const { asked, go } = held()
  const leaving = new AbortController()
  const first = say('shared', {}, leaving.signal).catch(() => 'left')
  await inFlight(1)
  const second = say('shared')
  await inFlight(2)
  leaving.abort()
  expect(await first).toBe('left')
  go()
  const answered = await second
  expect([answered.text, asked()]).toEqual([completion('one two'), 1])
})

test('without the wish, or with a temperature, each is asked for', async () => {
  await settled(house)
  const { asked, go } = held()
  const all = [say('own'), say('own'), say('shared', { temperature: 1 }), say('shared', { temperature: 1 })]
  await eventually(
    async () => asked(),
    count => count === 4,
  )
  go()
  await Promise.all(all)
})
