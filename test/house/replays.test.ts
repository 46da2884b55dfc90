import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { type Answered, ask } from '../fakes/ask.ts'
import { rowOf } from '../fakes/ledger.ts'
import { startThalamus, type Thalamus } from '../fakes/thalamus.ts'
import { completion, events, reply, type Script, scriptedUpstream, stream, type Upstream } from '../fakes/upstream.ts'

/** The promise that a reply which a caller has had under an idempotency-key is had again, whatever happened to the relay. */

// Processes are started here, and a busy machine may take its time over that.
setDefaultTimeout(30_000)

let upstream: Upstream
let house: Thalamus
let answers = 0

const script: Script = exchange => {
  answers++
  const words = `answer ${answers}`
  return exchange.asked.body.includes('"stream":true')
    ? stream(events.role, events.says(words), events.stop, events.done)(exchange)
    : reply(completion(words))(exchange)
}

beforeAll(async () => {
  upstream = await scriptedUpstream(script)
  house = await startThalamus({ config: { providers: { p: { base_url: upstream.url } } } })
})
afterAll(() => Promise.all([house, upstream].map(each => each?.stop())))

const say = (key: string, more: object = {}): Promise<Answered> =>
  ask(house, { model: 'p/m', ...more } as { model: string }, { headers: { 'idempotency-key': key } })

test('after a restart, and after a SIGKILL at the last byte, the same reply is given again and nobody is asked', async () => {
  const had = new Map<string, Answered>()
  for (const [n, end] of (['stop', 'kill', 'kill', 'kill'] as const).entries()) {
    for (const more of [{}, { stream: true }]) {
      const key = `${n} ${JSON.stringify(more)}`
      had.set(key, await say(key, more))
    }
    if (end === 'kill') await house.kill('SIGKILL')
    await house.restart()
  }
  const asked = upstream.asked.length
  for (const [key, before] of had) {
    const again = await say(key, JSON.parse(key.slice(2)) as object)
    expect([again.status, again.text]).toEqual([200, before.text])
    expect(again.headers.get('idempotent-replayed')).toBe('true')
    expect(again.headers.get('content-type')).toBe(before.headers.get('content-type'))
    expect(await rowOf(house, again.id)).toMatchObject({
      cost_usd: '0',
      plan: `the reply of ${before.id}, given again`,
    })
  }
  expect(upstream.asked.length).toBe(asked)
  expect((await say('0 {}', { seed: 1 })).status).toBe(409)
})

test('many callers whose relay is killed in the midst of it: whoever has had a reply has it again', async () => {
  const had = new Map<string, Answered>()
  let killed: Promise<unknown> | undefined
  async function call(caller: number): Promise<void> {
    for (let n = 0; !killed; n++) {
      const key = `many ${caller} ${n}`
      const answered = await say(key, { stream: n % 2 === 0 }).catch(() => undefined)
      // The last mark alone will do: it leaves after the reply is kept.
      const whole = answered?.status === 200 && (!answered.broke || answered.text.includes('[DONE]'))
      if (whole) had.set(key, answered)
      if (had.size > 100) killed ??= house.kill('SIGKILL')
    }
  }
  await Promise.all(Array.from({ length: 10 }, (_, caller) => call(caller)))
  await killed
  await house.restart()
  const asked = upstream.asked.length
  for (const [key, before] of had) {
    const again = await say(key, { stream: Number(key.split(' ')[2]) % 2 === 0 })
    expect([key, again.text]).toEqual([key, before.text])
  }
  expect(upstream.asked.length).toBe(asked)
})
