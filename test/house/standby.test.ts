import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { ask } from '../fakes/ask.ts'
import { rowOf } from '../fakes/ledger.ts'
import { startThalamus, type Thalamus } from '../fakes/thalamus.ts'
import {
  completion,
  type Exchange,
  event,
  events,
  reply,
  type Script,
  scriptedUpstream,
  stream,
  streamHead,
  type Upstream,
} from '../fakes/upstream.ts'

/** A stream whose provider dies in the middle is gone on with by another: the caller sees one reply. */

// Processes are started here, and a busy machine may take its time over that.
setDefaultTimeout(20_000)

let a: Upstream
let b: Upstream
let house: Thalamus
let places = 0
const mostPlaces = 60

beforeAll(async () => {
  ;[a, b] = await Promise.all([scriptedUpstream(), scriptedUpstream()])
  const price = { input: 1, output: 2 }
  const providers: Record<string, object> = {}
  const models: Record<string, object> = {}
  for (let n = 0; n < mostPlaces; n++) {
    providers[`a${n}`] = { base_url: a.url, price }
    providers[`b${n}`] = { base_url: b.url, price }
    providers[`c${n}`] = { base_url: b.url, price }
    models[`both${n}`] = { targets: [`a${n}/m`, `b${n}/m`], standby: true }
    models[`three${n}`] = { targets: [`a${n}/m`, `b${n}/m`, `c${n}/m`], standby: true }
    models[`alone${n}`] = { targets: [`a${n}/m`, `b${n}/m`] }
  }
  const timeout = { first_token: '2s', idle: '300ms', total: '10s' }
  house = await startThalamus({ config: { providers, models, defaults: { timeout, retry: { attempts: 1 } } } })
})
afterAll(() => Promise.all([house, a, b].map(each => each?.stop())))

const text =
  'The quick brown fox jumps over the lazy dog, and then it sleeps until the sun goes down behind the hills. 😀 Ende.'

const begun = (said: string): string => streamHead + events.role + says(said)
const says = (said: string): string => (said.match(/[\s\S]{1,7}/gu) ?? []).map(events.says).join('')
const finish = events.stop + events.usage(30, 20) + events.done

/** Goes on as it was asked to: with the last words that it was shown, and then the rest. */
const goesOn =
  (said: string): Script =>
  exchange => {
    const { messages } = JSON.parse(exchange.asked.body) as { messages: { role: string; content: string }[] }
    expect(messages.at(-2)).toEqual({ role: 'assistant', content: said })
    const anchor = /<<<([\s\S]*)>>>/.exec(messages.at(-1)?.content ?? '')?.[1] ?? 'not asked'
    return stream(events.role, says(anchor + text.slice(said.length)) + finish)(exchange)
  }

type Chunk = {
  readonly id: string
  readonly choices: readonly { delta: { content?: string }; finish_reason: string | null }[]
}

function read(body: string) {
  const data = body.split('\n\n').flatMap(frame => (frame.startsWith('data: ') ? [frame.slice(6)] : []))
  const chunks = data.filter(each => each !== '[DONE]').map(each => JSON.parse(each) as Chunk)
  const choices = chunks.flatMap(chunk => chunk.choices ?? [])
  return {
    said: choices.map(choice => choice.delta?.content ?? '').join(''),
    ids: [...new Set(chunks.map(chunk => chunk.id))],
    stops: choices.flatMap(choice => choice.finish_reason ?? []),
    done: data.filter(each => each === '[DONE]').length,
    error: chunks.find(chunk => 'error' in chunk) as { error: { message: string; code: string } } | undefined,
  }
}

type Ending = readonly [string, (exchange: Exchange) => void | Promise<void>, reason: string, outcome: string]

const overloaded = event({ error: { message: 'overloaded', code: 503 } })

const endings: readonly Ending[] = [
  ['falls silent', () => undefined, 'timeout', 'upstream_timeout'],
  ['breaks off', ({ end }) => end(), 'cut_short', 'upstream_failed'],
  ['tells an error', ({ write }) => write(overloaded), 'overloaded', 'overloaded'],
]

/** Dies when the caller has the first of it: a failure that comes with the first content is none that anybody sees. */
function dying(said: string, ending: (exchange: Exchange) => void | Promise<void>, heard?: Promise<void>): Script {
  return async exchange => {
    await exchange.write(begun(said))
    await heard
    await ending(exchange)
  }
}

const cuts = [1, 13, 46, 61, 100, text.length - 3]

describe.each([...endings])('a provider that %s in the middle of its text', (_, ending, reason, outcome) => {
  test.each(cuts)('after %i characters is gone on for: nothing is repeated and nothing missing', async at => {
    const said = text.slice(0, at)
    const n = places++
    const { promise: heard, resolve } = Promise.withResolvers<void>()
    a.play(dying(said, ending, heard))
    b.play(goesOn(said))
    const answered = await ask(house, { model: `both${n}`, stream: true } as { model: string }, { heard: resolve })
    expect(read(answered.text)).toEqual({ said: text, ids: ['chatcmpl-1'], stops: ['stop'], done: 1, error: undefined })
    expect(await rowOf(house, answered.id)).toMatchObject({
      code: 'ok',
      provider: `b${n}`,
      usage: { input: 30, output: 20 },
      attempts: [
        { provider: `a${n}`, outcome },
        { provider: `b${n}`, outcome: 'ok', why: 'standby' },
      ],
      events: [{ type: 'standby', from: `a${n}/m`, to: `b${n}/m`, result: 'continued', reason }],
      missing: [`usage of a${n}/m`],
    })
  })
})

test('one that fails in the moment in which it would have gone on has told nothing: the next goes on where the caller is', async () => {
  const n = places++
  const said = text.slice(0, 46)
  const { promise: heard, resolve } = Promise.withResolvers<void>()
  a.play(dying(said, ({ end }) => end(), heard))
  let asked = 0
  b.play(exchange => {
    if (asked++ > 0) return goesOn(said)(exchange)
    const more = streamHead + events.role + says(text.slice(0, 80)) + events.usage(7, 7)
    return exchange.write(more + event({ error: { message: 'overloaded', code: 503 } }))
  })
  const answered = await ask(house, { model: `three${n}`, stream: true } as { model: string }, { heard: resolve })
  expect(read(answered.text)).toMatchObject({ said: text, stops: ['stop'], done: 1, error: undefined })
  const row = await rowOf(house, answered.id)
  expect(row).toMatchObject({ code: 'ok', provider: `c${n}`, usage: { input: 30, output: 20 } })
  expect(row.attempts.map(({ outcome, why }) => [outcome, why])).toEqual([
    ['upstream_failed', null],
    ['overloaded', 'standby'],
    ['ok', 'failover'],
  ])
})

test('what the first had told of its usage is settled with it', async () => {
  const n = places++
  a.play(async ({ write, end }) => {
    await write(begun('The quick ') + event({ choices: [], usage: { prompt_tokens: 10, completion_tokens: 2 } }))
    end()
  })
  b.play(goesOn('The quick '))
  const answered = await ask(house, { model: `both${n}`, stream: true } as { model: string })
  expect(await rowOf(house, answered.id)).toMatchObject({
    cost_usd: '0.000084',
    usage: { input: 40, output: 22 },
    price_lines: [
      { bucket: 'input', tokens: 30 },
      { bucket: 'output', tokens: 20 },
    ],
    missing: [`usage of a${n}/m after its last report`],
    attempts: [
      { part: true, reason: 'cut_short', usage: { input: 10, output: 2 }, cost_usd: '0.000014' },
      { part: false, why: 'standby', usage: { input: 30, output: 20 }, cost_usd: '0.00007' },
    ],
  })
  const metrics = await (await fetch(`${house.adminUrl}/metrics`)).text()
  expect(metrics).toMatch(new RegExp(`thalamus_tokens_total\\{[^}]*provider="a${n}"[^}]*kind="input"[^}]*\\} 10`))
  expect(metrics).toMatch(new RegExp(`thalamus_tokens_total\\{[^}]*provider="b${n}"[^}]*kind="input"[^}]*\\} 30`))
  expect(metrics).toMatch(/thalamus_standbys_total\{[^}]*result="continued"[^}]*\} \d+/)
  const line = await house.logged(({ event, request_id }) => event === 'standby' && request_id === answered.id)
  expect(line).toMatchObject({ from: `a${n}/m`, to: `b${n}/m`, result: 'continued', reason: 'cut_short' })
})

test.each([...endings])(
  'a completion’s stream that %s is not gone on with, and that is said',
  async (_, ending, reason, outcome) => {
    const n = places++
    const { promise: heard, resolve } = Promise.withResolvers<void>()
    a.play(async exchange => {
      await exchange.write(streamHead + event({ choices: [{ index: 0, text: 'The quick ', finish_reason: null }] }))
      await heard
      await ending(exchange)
    })
    const before = b.asked.length
    const body = JSON.stringify({ model: `both${n}`, prompt: 'Go on.', stream: true })
    const answered = await ask(house, body, { path: '/v1/completions', heard: resolve })
    expect([answered.text.includes('"error"'), b.asked.length]).toEqual([true, before])
    expect(await rowOf(house, answered.id)).toMatchObject({
      attempts: [{ provider: `a${n}`, outcome, reason }],
      events: [{ type: 'standby', from: `a${n}/m`, result: 'unsafe', reason }],
    })
  },
)

test('what the first did not tell of its usage is said to be missing, and not guessed', async () => {
  const n = places++
  a.play(dying('The quick ', ({ end }) => end()))
  b.play(goesOn('The quick '))
  const answered = await ask(house, { model: `both${n}`, stream: true } as { model: string })
  expect(await rowOf(house, answered.id)).toMatchObject({
    cost_usd: '0.00007',
    usage: { input: 30, output: 20 },
    missing: [`usage of a${n}/m`],
    attempts: [{ part: true, usage: null, cost_usd: null }, { usage: { input: 30, output: 20 } }],
  })
})

test('where the second tells no usage, what it all cost is not known', async () => {
  const n = places++
  a.play(async ({ write, end }) => {
    await write(begun('The quick ') + event({ choices: [], usage: { prompt_tokens: 10, completion_tokens: 2 } }))
    end()
  })
  b.play(stream(events.says(text.slice(10)) + events.stop + events.done))
  const answered = await ask(house, { model: `both${n}`, stream: true } as { model: string })
  const missing = [`usage of a${n}/m after its last report`, `usage of b${n}/m`]
  expect(await rowOf(house, answered.id)).toMatchObject({ code: 'ok', usage: null, cost_usd: null, missing })
})

describe('where it is not safe to go on', () => {
  const call = event({
    id: 'chatcmpl-1',
    choices: [
      {
        index: 0,
        delta: { tool_calls: [{ index: 0, id: 'c', type: 'function', function: { name: 'f', arguments: '{"a' } }] },
      },
    ],
  })
  const thought = event({ id: 'chatcmpl-1', choices: [{ index: 0, delta: { reasoning_content: 'hm' } }] })
  const unsafe: readonly (readonly [string, string])[] = [
    ['a tool call', streamHead + events.role + call],
    ['text and a tool call', begun('Let me see.') + call],
    ['thoughts alone', streamHead + events.role + thought],
  ]
  test.each([...unsafe])('(%s) the stream ends with an error, and nobody else is asked', async (_, bytes) => {
    const n = places++
    a.play(async ({ write, end }) => {
      await write(bytes)
      end()
    })
    const before = b.asked.length
    const answered = await ask(house, { model: `both${n}`, stream: true } as { model: string })
    const { done, error } = read(answered.text)
    expect([done, error?.error.code, b.asked.length]).toEqual([0, 'upstream_failed', before])
    expect(await rowOf(house, answered.id)).toMatchObject({
      code: 'upstream_failed',
      events: [{ type: 'standby', result: 'unsafe' }],
    })
  })

  test('(JSON was asked for) neither', async () => {
    const n = places++
    a.play(dying('{"a":', ({ end }) => end()))
    const asked = { model: `both${n}`, stream: true, response_format: { type: 'json_object' } }
    const answered = await ask(house, asked as { model: string })
    expect(read(answered.text)).toMatchObject({ said: '{"a":', done: 0, error: { error: { code: 'upstream_failed' } } })
  })
})

test('when nobody can go on, the stream ends with an error that says both', async () => {
  const n = places++
  a.play(dying('The quick', ({ end }) => end()))
  b.play(reply('{"error":{"message":"busy"}}', { status: 503 }))
  const answered = await ask(house, { model: `both${n}`, stream: true } as { model: string })
  const { said, done, error } = read(answered.text)
  expect([said, done]).toEqual(['The quick', 0])
  expect(error?.error.message).toMatch(
    /ended its reply before it was whole.*Nobody could go on with it: b\d+ answered 503: busy/,
  )
  expect(await rowOf(house, answered.id)).toMatchObject({ events: [{ type: 'standby', result: 'failed' }] })
})

test('a whole stream passes byte for byte, and the usage that nobody asked for is taken out', async () => {
  const n = places++
  const odd = `data:  {"id":"x", "choices":[{"index":0,"delta":{"content":"h\\u0069"}, "finish_reason":null}]}\r\n\r\n`
  a.play(stream(odd + events.stop + events.usage(3, 2) + events.done))
  const answered = await ask(house, { model: `both${n}`, stream: true } as { model: string })
  expect(answered.text).toBe(odd + events.stop + events.done)
})

test('without standby a stream that breaks off ends with an error', async () => {
  const n = places++
  a.play(dying('The quick', ({ end }) => end()))
  const before = b.asked.length
  const answered = await ask(house, { model: `alone${n}`, stream: true } as { model: string })
  expect([read(answered.text).done, b.asked.length]).toEqual([0, before])
})

test('a caller of another dialect sees one reply, too', async () => {
  const n = places++
  const said = text.slice(0, 46)
  a.play(dying(said, ({ end }) => end()))
  b.play(goesOn(said))
  const body = { model: `both${n}`, stream: true, max_tokens: 500, messages: [{ role: 'user', content: 'tell' }] }
  const answered = await ask(house, JSON.stringify(body), { path: '/v1/messages' })
  const frames = answered.text.split('\n\n').flatMap(frame => /^data: (.*)$/m.exec(frame)?.[1] ?? [])
  const told = frames.map(frame => JSON.parse(frame) as { type: string; delta?: { text?: string } })
  expect(told.map(each => each.delta?.text ?? '').join('')).toBe(text)
  const kinds = told.map(each => each.type).filter((type, i, all) => type !== 'ping' && type !== all[i - 1])
  expect(kinds).toEqual([
    'message_start',
    'content_block_start',
    'content_block_delta',
    'content_block_stop',
    'message_delta',
    'message_stop',
  ])
  expect(JSON.parse(b.asked.at(-1)?.body ?? '')).toMatchObject({ max_completion_tokens: 500 - 12 + 12 })
})

test('a reply that is no stream needs no standby', async () => {
  a.play(reply(completion('whole')))
  const answered = await ask(house, { model: `both${places++}` })
  expect(answered.text).toBe(completion('whole'))
})
