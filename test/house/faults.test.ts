import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { createServer } from 'node:net'
import { type Answered, ask, hello } from '../fakes/ask.ts'
import { metric, rowOf, settled } from '../fakes/ledger.ts'
import { soon, startThalamus, type Thalamus } from '../fakes/thalamus.ts'
import {
  completion,
  type Exchange,
  event,
  events,
  head,
  reply,
  scriptedUpstream,
  stream,
  streamHead,
  type Upstream,
} from '../fakes/upstream.ts'

/**
 * What providers do to a relay: break, lie, fall silent, or write what nobody expects. Here from outside: what the caller
 * gets, what the provider got, and what the ledger says of it. `sim/…` misbehaves by name, `p/…` by script.
 */

// Processes are started here, and a busy machine may take its time over that.
setDefaultTimeout(20_000)

const secret = 'sk-upstream-0123456789abcdef'
let upstream: Upstream
/** With the usual waits, so that a busy machine never makes it give up. */
let house: Thalamus
/** With waits so short that only a provider which never answers is sure to meet them. */
let hasty: Thalamus
/** Does what the model's name says, and keeps who has left it. */
let mute: { readonly upstream: Upstream; readonly left: Promise<void>[] }

beforeAll(async () => {
  upstream = await scriptedUpstream()
  mute = await muteProvider()
  const closed = await closedPort()
  const config = {
    providers: {
      p: { base_url: upstream.url, keys: ['env:UPSTREAM_KEY'], price: { input: 1, output: 2 } },
      refusing: { base_url: `http://127.0.0.1:${closed}/v1` },
      nowhere: { base_url: 'http://nowhere.invalid/v1' },
      'plain-port': { base_url: `${upstream.url.replace('http', 'https')}` },
      mute: { base_url: mute.upstream.url },
      sim: { enabled: true },
    },
    models: { alias: { targets: ['p/real"name"'] } },
    // Each failure is to be seen as it is: what is done about it is told in never-down.test.ts.
    defaults: { retry: { attempts: 1 }, breaker: { min_requests: 100_000 } },
  }
  const env = { UPSTREAM_KEY: secret }
  const waits = { first_token: '1s', idle: '300ms', total: '1500ms' }
  const starts = [config, { ...config, defaults: { ...config.defaults, timeout: waits } }].map(each =>
    startThalamus({ config: each, env }),
  )
  ;[house, hasty] = (await Promise.all(starts)) as [Thalamus, Thalamus]
})
afterAll(() => Promise.all([house, hasty, upstream, mute?.upstream].map(each => each?.stop())))

const kinds = [
  { kind: 'a whole reply', stream: false },
  { kind: 'a stream', stream: true },
]

describe('a provider that fails before it has said anything', () => {
  const failures = [
    { how: 'reset', status: 502, code: 'upstream_failed' },
    { how: 'html', status: 502, code: 'upstream_failed' },
    { how: 'empty', status: 502, code: 'upstream_failed' },
    { how: 'error200', status: 502, code: 'upstream_failed', says: 'Provider returned error' },
    { how: '500', status: 500, code: 'upstream_failed', says: /The server had an error/ },
    { how: '503', status: 503, code: 'overloaded', retryAfter: '1' },
    {
      how: 'status=400',
      status: 400,
      code: 'invalid_request',
      says: 'The sim was asked to find this request invalid.',
    },
    { how: 'status=418', status: 418, code: 'upstream_failed', says: 'The sim was asked to answer 418.' },
    { how: '429=7', status: 429, code: 'rate_limited', retryAfter: '7', says: /^Rate limit reached/ },
    { how: '429-bare', status: 429, code: 'rate_limited', retryAfter: '1', says: /^Rate limit reached/ },
  ]
  const both = failures.flatMap(failure => kinds.map(kind => ({ retryAfter: null, says: /./, ...failure, ...kind })))
  const wholeOnly = ['cut', 'drop', 'close', 'malformed'].map(how => ({
    how,
    status: 502,
    code: 'upstream_failed',
    retryAfter: null,
    says: /^sim /,
    kind: 'a whole reply',
    stream: false,
  }))

  test.each([...both, ...wholeOnly])('$how, for $kind: $status and never a 200', async expected => {
    const answered = await ask(house, say(`sim/echo+${expected.how}`, expected.stream))
    expectFault(answered, expected)
    expect(answered.headers.get('retry-after')).toBe(expected.retryAfter)
    expect(await rowOf(house, answered.id)).toMatchObject({
      status: expected.status,
      code: expected.code,
      usage: null,
      cost_usd: null,
      attempts: [{ provider: 'sim', outcome: expected.code }],
    })
  })

  test.each([
    ['refuses the connection', 'refusing', /refused the connection. Is it running/],
    ['has no address', 'nowhere', /host name could not be found. Check its base_url/],
    ['does not speak TLS', 'plain-port', /(by TLS|closed the connection|could not be reached)/],
  ])('one that %s: 502, and the caller learns no address', async (_, provider, says) => {
    for (const { stream } of kinds) {
      const answered = await ask(house, say(`${provider}/m`, stream))
      expectFault(answered, { status: 502, code: 'upstream_failed', says })
      expect(answered.text).not.toMatch(/127\.0\.0\.1|\.invalid/)
      expect((await rowOf(house, answered.id)).attempts).toMatchObject([{ status: null, outcome: 'upstream_failed' }])
    }
  })

  const failsAndStays: readonly (readonly [string, string, string])[] = [
    ['in its first event', streamHead + event({ error: { message: 'no' } }), 'no'],
    ['with more of a page than anybody wants to hold', head({ status: 500 }) + 'a'.repeat(2 << 20), 'too large'],
  ]
  test.each([...failsAndStays])('one that fails %s, and stays, is left', async (_, bytes, says) => {
    const { promise: gone, resolve: closed } = Promise.withResolvers<void>()
    upstream.play(exchange => {
      void exchange.closed.then(closed)
      return exchange.write(bytes)
    })
    const answered = await ask(house, say('p/m', true))
    expectFault(answered, { status: 502, code: 'upstream_failed', says })
    await soon(gone, () => 'The connection is still open.')
  })

  test('a kept-alive connection that went stale is tried once more, and that is no failure of the provider', async () => {
    const before = upstream.asked.length
    upstream.play(exchange => (exchange.nth > 1 ? exchange.reset() : reply(completion('hi'))(exchange)))
    let told = 0
    for (let i = 0; i < 3; i++) {
      const { status, id, headers } = await ask(house, say('p/m', false))
      const { attempts } = await rowOf(house, id)
      const tries = (attempts as { outcome: string; reason: string | null; why: string | null }[]).map(
        ({ outcome, reason, why }) => `${why ?? 'first'} ${outcome} ${reason ?? ''}`,
      )
      expect([status, tries.slice(0, -1), headers.get('x-thalamus-attempts')]).toEqual([
        200,
        tries.length > 1 ? ['first upstream_failed stale'] : [],
        `${tries.length}`,
      ])
      told += tries.length
    }
    expect(told).toBeGreaterThan(3)
    expect(upstream.asked.length).toBe(before + told)
  })
})

describe('a stream that fails after content', () => {
  const begin = events.role + events.says('one')
  const chunkedHead = head({ headers: { 'content-type': 'text/event-stream', 'transfer-encoding': 'chunked' } })
  const chunk = `${Buffer.byteLength(begin).toString(16)}\r\n${begin}\r\n`
  const whole = /ended its reply before it was whole/
  const closed = /closed the connection before its reply was whole/

  const endings: readonly (readonly [string, string, (exchange: Exchange) => void | Promise<void>, RegExp])[] = [
    ['a reset connection', chunkedHead + chunk, ({ reset }) => reset(), closed],
    ['a connection closed in the middle of the body', chunkedHead + chunk, ({ end }) => end(), closed],
    ['a clean end', chunkedHead + chunk, ({ write }) => write('0\r\n\r\n'), whole],
    ['a clean end by closing', streamHead + begin, ({ end }) => end(), whole],
    ['a clean end after half an event', streamHead + begin, last('data: {"choices":[{"delta":{"cont'), whole],
  ]
  test.each([...endings])('by %s ends with an error event and without [DONE]', async (_, first, ending, says) => {
    const answered = await askTwoParts(first, ending)
    await expectBroken(house, answered, { code: 'upstream_failed', says, said: 'one' })
  })

  test("by an error of the provider's own hands that on, and nothing after it", async () => {
    const error = event({ error: { message: 'Overloaded', type: 'server_error', code: 503 } })
    const answered = await askTwoParts(streamHead + events.role + events.says('hi'), last(error))
    expect(answered.text).toBe(events.role + events.says('hi') + error)
    expect(await rowOf(house, answered.id)).toMatchObject({ status: 200, code: 'overloaded', cost_usd: null })
  })

  test('keeps what it was told of its cost', async () => {
    upstream.play(stream(events.says('hi'), event({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 1 } })))
    const { id } = await ask(house, say('p/m', true))
    expect(await rowOf(house, id)).toMatchObject({
      code: 'upstream_failed',
      usage: { input: 3, output: 1 },
      cost_usd: '0.000005',
    })
  })
})

describe.concurrent('a provider that falls silent', () => {
  test.each(kinds)('before $kind: 504', async ({ stream }) => {
    const answered = await ask(hasty, say('mute/never', stream))
    expectFault(answered, { status: 504, code: 'upstream_timeout', says: /took too long over the first/ })
    expect((await rowOf(hasty, answered.id)).code).toBe('upstream_timeout')
  })

  test('after its headers and a role: 504, for a role is not an answer', async () => {
    const answered = await ask(hasty, say('mute/role', true))
    expectFault(answered, { status: 504, code: 'upstream_timeout', says: /took too long over the first/ })
  })

  test('after content: the stream ends with an error event, once the patience for it is over', async () => {
    const answered = await ask(hasty, say('mute/stalls', true))
    await expectBroken(hasty, answered, { code: 'upstream_timeout', says: /took too long over the next/, said: 'one' })
  })

  test('but for heartbeats after its finish: the stream ends within seconds, as a whole one', async () => {
    const answered = await ask(hasty, say('mute/beats', true))
    const row = await rowOf(hasty, answered.id)
    expect(answered.text).toStartWith(events.says('one') + events.stop)
    expect(answered.text).not.toContain('"error"')
    expect(row).toMatchObject({ code: 'ok', stop_reason: 'stop' })
  })

  afterAll(async () => {
    await soon(Promise.all(mute.left), () => 'A connection to a silent provider is still open.')
    expect(mute.left.length).toBe(5)
  })
})

describe('a stream that is odd, but whole', () => {
  const said = [events.role, events.says('hé'), events.says('llo 🧠'), events.stop]
  const plain = [...said, events.usage(3, 2), events.done].join('')
  const visible = [...said, events.done].join('')
  const usage = { input: 3, output: 2 }

  test.each([
    ['as it usually comes', plain, visible, usage],
    ['without [DONE]', [...said, events.usage(3, 2)].join(''), said.join(''), usage],
    ['without usage', visible, visible, null],
    ['with CRLF', plain.replaceAll('\n', '\r\n'), visible.replaceAll('\n', '\r\n'), usage],
    ['with comments', commented(plain), commented(plain).replace(events.usage(3, 2), ''), usage],
    ['with other fields', `retry: 10\nid: 7\nevent: x\n${plain}`, `retry: 10\nid: 7\nevent: x\n${visible}`, usage],
    ['with a usage report twice, of which the last counts', twice(plain), visible, usage],
    ['with a null usage in every chunk', nulls(plain), visible, usage],
    ['with a null usage, spaced', nulls(plain, ' : null'), visible, usage],
    ['with something that is no JSON', `data: {oops\n\n${plain}`, `data: {oops\n\n${visible}`, usage],
    ['with no blank line at its end', plain.trimEnd(), visible.trimEnd(), usage],
  ])(
    '%s reaches the caller byte for byte, without the usage that it did not ask for',
    async (_, sent, received, counted) => {
      upstream.play(stream(sent))
      await expectWhole(received, counted)
    },
  )

  test.each([1, 2, 3, 7, 50])('reaches the caller byte for byte when it comes in pieces of %d bytes', async size => {
    upstream.play(async ({ write, end }) => {
      await write(streamHead)
      for (const piece of pieces(nulls(plain), size)) await write(piece)
      end()
    })
    await expectWhole(visible, usage)
  })

  test('keeps its usage report if the caller asked for it', async () => {
    upstream.play(stream(plain))
    const answered = await ask(house, { ...say('p/m', true), stream_options: { include_usage: true } } as Asking)
    expect(answered.text).toBe(plain)
  })

  test('without usage costs what nobody knows, which is not nothing', async () => {
    upstream.play(stream(visible))
    const { id } = await ask(house, say('p/m', true))
    expect(await rowOf(house, id)).toMatchObject({ code: 'ok', usage: null, cost_usd: null })
  })

  async function expectWhole(received: string, counted: object | null): Promise<void> {
    const answered = await ask(house, say('p/m', true))
    expect(answered.text).toBe(received)
    expect(answered.broke).toBe(false)
    const row = await rowOf(house, answered.id)
    expect(row).toMatchObject({ status: 200, code: 'ok', stop_reason: 'stop', cost_usd: counted && '0.000007' })
    if (counted) expect(row.usage).toMatchObject(counted)
    else expect(row.usage).toBeNull()
  }
})

describe('to the byte', () => {
  const odd: readonly (readonly [string, string, string])[] = [
    [
      'order and spacing',
      ' {\n\t"messages" : MESSAGES , "model"\r\n:\t"p/m" }\n',
      ' {\n\t"messages" : MESSAGES , "model"\r\n:\t"m" }\n',
    ],
    [
      'spellings of numbers',
      '{"model":"p/m","messages":MESSAGES,"a":1.0,"b":1E+2,"c":12345678901234567890,"d":-0,"e":0.1000}',
      '{"model":"m","messages":MESSAGES,"a":1.0,"b":1E+2,"c":12345678901234567890,"d":-0,"e":0.1000}',
    ],
    [
      'escapes',
      '{"\\u006dodel":"p\\/m","messages":MESSAGES,"x":"\\u00e9\\ud83d\\ude00\\/é😀\\ud800"}',
      '{"\\u006dodel":"m","messages":MESSAGES,"x":"\\u00e9\\ud83d\\ude00\\/é😀\\ud800"}',
    ],
    [
      'unknown and nested fields',
      '{"model":"p/m","messages":MESSAGES,"thinking":{"model":"p/m","a":1,"a":2},"x":[{"model":"p/m"}]}',
      '{"model":"m","messages":MESSAGES,"thinking":{"model":"p/m","a":1,"a":2},"x":[{"model":"p/m"}]}',
    ],
    ['an alias', '{"model":"alias","messages":MESSAGES}', '{"model":"real\\"name\\"","messages":MESSAGES}'],
  ]

  test.each(odd.map(row => row.map(text => text.replace('MESSAGES', JSON.stringify(hello)))))(
    'a request keeps its %s, and only the model changes',
    async (_, sent = '', received = '') => {
      upstream.play(reply(completion('hi')))
      expect((await ask(house, sent)).status).toBe(200)
      expect(upstream.asked.at(-1)?.body).toBe(received)
    },
  )

  test.each([
    ['', ',"stream_options":{"include_usage":true}'],
    [',"stream_options":null', ',"stream_options":{"include_usage":true}'],
    [',"stream_options":{}', ',"stream_options":{"include_usage":true}'],
    [',"stream_options": { "x" : 1 }', ',"stream_options": { "x" : 1,"include_usage":true }'],
    [',"stream_options":{"include_usage":false}', ',"stream_options":{"include_usage":true}'],
    [',"stream_options":{ "include_usage" : true }', ',"stream_options":{ "include_usage" : true }'],
  ])('a stream whose body ends with %p asks its provider with %p', async (given, sent) => {
    upstream.play(stream(events.says('hi'), events.stop, events.done))
    const start = `"messages":${JSON.stringify(hello)},"stream":true`
    expect((await ask(house, `{"model":"p/m",${start}${given}}`)).status).toBe(200)
    expect(upstream.asked.at(-1)?.body).toBe(`{"model":"m",${start}${sent}}`)
  })

  test('a whole reply keeps its spacing, its numbers, its escapes and its content type', async () => {
    const odd = ` {\n "choices" : [ {"message":{"content":"\\u00e9é😀"}} ],\r\n"x":1.0, "usage" : null , "y":1E2}\n\n`
    upstream.play(reply(odd, { headers: { 'content-type': 'application/json; charset=UTF-8' } }))
    const answered = await ask(house, say('p/m', false))
    expect(answered.text).toBe(odd)
    expect(answered.headers.get('content-type')).toBe('application/json; charset=UTF-8')
  })

  test("a provider's own refusal keeps its words, its status and its content type", async () => {
    const words = '{"error" : {"message":"too long", "code":"context_length_exceeded","x":1.0}}\n'
    upstream.play(reply(words, { status: 400, headers: { 'content-type': 'application/json; v=1' } }))
    const answered = await ask(house, say('p/m', true))
    expect([answered.status, answered.text]).toEqual([400, words])
    expect(answered.headers.get('content-type')).toBe('application/json; v=1')
  })
})

describe('what must not pass', () => {
  const echo = { error: { message: `Incorrect API key provided: ${secret}.`, code: 'invalid_api_key' } }

  test.each([
    ['a refusal', reply(JSON.stringify(echo), { status: 401 })],
    ['a refusal that is no JSON', reply(`<p>${secret}</p>`, { status: 403, headers: { 'content-type': 'text/html' } })],
    ['an error inside a 200', reply(JSON.stringify(echo))],
    ['an error as the first event', stream(event(echo))],
  ])('our key, which a provider repeats in %s, reaches neither the caller nor the log', async (_, script) => {
    upstream.play(script)
    for (const { stream } of kinds) {
      const { text, id } = await ask(house, say('p/m', stream))
      expect(text).toContain('"error"')
      expect(text).not.toContain(secret)
      expect(JSON.stringify(await rowOf(house, id))).not.toContain(secret)
    }
    expect(house.stdout().includes(secret)).toBe(false)
  })

  test('nor does one that is repeated in a stream after its content', async () => {
    const { text, id } = await askTwoParts(streamHead + events.says('hi'), last(event(echo)))
    expect(text).toStartWith(events.says('hi'))
    expect(text).toContain('"error"')
    expect(text).toContain('may not be repeated here')
    expect(text).not.toContain(secret)
    expect(JSON.stringify(await rowOf(house, id))).not.toContain(secret)
    expect(house.stdout().includes(secret)).toBe(false)
  })

  test('no header of the caller reaches the provider', async () => {
    upstream.play(reply(completion('hi')))
    const canary = 'canary-in-the-mine'
    const names = [
      ...[
        'cookie',
        'x-api-key',
        'api-key',
        'x-goog-api-key',
        'proxy-authorization',
        'openai-organization',
        'openai-project',
      ],
      ...['openai-beta', 'user-agent', 'referer', 'origin', 'x-forwarded-for', 'x-forwarded-host', 'forwarded', 'via'],
      ...[
        'x-real-ip',
        'x-stainless-os',
        'x-stainless-retry-count',
        'traceparent',
        'tracestate',
        'baggage',
        'x-request-id',
      ],
      ...['idempotency-key', 'x-thalamus-task', 'x-thalamus-user', 'x-thalamus-tags', 'x-thalamus-session', 'x-sim'],
      ...['accept-language', 'accept', 'if-none-match', 'range', 'x-custom', 'authorization-2', 'x-client-request-id'],
    ]
    const headers = Object.fromEntries(names.map(name => [name, canary]))
    for (const { stream } of kinds) {
      const answered = await ask(house, say('p/m', stream), {
        headers: {
          ...headers,
          'idempotency-key': `${canary} ${stream}`,
          'content-type': `application/json; x=${canary}`,
        },
        path: `/v1/chat/completions?x=${canary}`,
      })
      expect(answered.status).toBe(200)
      const { raw, headers: sent } = upstream.asked.at(-1) ?? { raw: '', headers: new Map() }
      expect(raw.toString()).not.toContain(canary)
      expect(raw.toString()).not.toContain(house.key)
      expect(sent.get('authorization')).toBe(`Bearer ${secret}`)
    }
  })

  test('no field of the caller’s leads its request, or our key, to another host', async () => {
    // CVE-2024-6587 of litellm: a body that names the host is asked there, with the key of the operator.
    const elsewhere = await scriptedUpstream()
    upstream.play(reply(completion('hi')))
    const names = [
      'api_base',
      'base_url',
      'custom_host',
      'url',
      'endpoint',
      'aws_bedrock_runtime_endpoint',
      'user_config',
    ]
    const before = upstream.asked.length
    const more = Object.fromEntries(names.map(name => [name, elsewhere.url]))
    const answered = await ask(house, { ...say('p/m', false), ...more })
    expect([answered.status, upstream.asked.length - before, elsewhere.asked.length]).toEqual([200, 1, 0])
    await elsewhere.stop()
  })

  const theirs = {
    'set-cookie': 'a=b',
    server: 'provider',
    'x-secret': 's',
    'x-request-id': 'theirs',
    'x-thalamus-cost-usd': '0',
    'x-ratelimit-remaining-requests': '1',
    'openai-organization': 'our-org',
    'retry-after': '99',
    'access-control-allow-origin': '*',
    'strict-transport-security': 'max-age=1',
    'content-type': 'application/json; charset=utf-8',
  }

  test.each([
    ['a reply', reply(completion('hi'), { headers: theirs }), false],
    ['a refusal', reply('{"error":{"message":"no"}}', { status: 400, headers: theirs }), false],
    ['a stream', streamWith({ ...theirs, 'content-type': 'text/event-stream' }), true],
  ])('of the headers of %s only the content type passes', async (kind, script, stream) => {
    upstream.play(script)
    const { headers, id } = await ask(house, say('p/m', stream))
    const names = [...headers.keys()].filter(name => !name.startsWith('x-thalamus-')).sort()
    const always = ['content-type', 'date', 'x-request-id']
    expect(names.filter(name => !['content-length', 'transfer-encoding', 'connection'].includes(name))).toEqual(
      kind === 'a stream'
        ? ['cache-control', ...always.slice(0, 2), 'x-accel-buffering', 'x-request-id']
        : kind === 'a refusal'
          ? [...always.slice(0, 2), 'retry-after', 'x-request-id']
          : always,
    )
    expect(id).toStartWith('req_')
    expect(headers.get('x-thalamus-cost-usd')).not.toBe('0')
  })

  test('a redirect is not followed with our key', async () => {
    const before = upstream.asked.length
    upstream.play(({ write }) =>
      write(head({ status: 307, headers: { location: `${upstream.url}/elsewhere`, 'content-length': '0' } })),
    )
    expect((await ask(house, say('p/m', false))).status).toBe(502)
    expect(upstream.asked.length).toBe(before + 1)
  })
})

describe('after all of this', () => {
  test('nothing is on its way, and nothing was a failure of ours', async () => {
    for (const each of [house, hasty]) {
      await settled(each)
      expect(each.logLines().filter(line => line.level === 'error')).toEqual([])
    }
  })
})

/** A stream whose second part comes when the caller has the first. */
function askTwoParts(first: string, second: (exchange: Exchange) => void | Promise<void>): Promise<Answered> {
  const { promise: heard, resolve } = Promise.withResolvers<void>()
  upstream.play(async exchange => {
    await exchange.write(first)
    await heard
    await second(exchange)
  })
  return ask(house, say('p/m', true), { heard: resolve })
}

/** The last that a provider says before it closes. */
const last =
  (text: string) =>
  async ({ write, end }: Exchange): Promise<void> => {
    await write(text)
    end()
  }

type Asking = { readonly model: string; readonly stream: boolean }

function say(model: string, stream: boolean): Asking {
  return { model, stream }
}

type Expected = { readonly status: number; readonly code: string; readonly says: string | RegExp }

/** An error and nothing else, in OpenAI's form: ours, or the provider's own where it has one. */
function expectFault(answered: Answered, { status, code, says }: Expected): void {
  expect(answered.status).toBe(status)
  expect(answered.headers.get('content-type')).toStartWith('application/json')
  const said = answered.json() as { error: { message: string }; thalamus?: object }
  expect(said.error.message).toMatch(says)
  if (said.thalamus) expect(said.thalamus).toMatchObject({ code, request_id: answered.id, attempts: [{ code }] })
}

type Broken = { readonly code: string; readonly says: RegExp; readonly said: string }

async function expectBroken(at: Thalamus, answered: Answered, { code, says, said }: Broken): Promise<void> {
  expect(answered.status).toBe(200)
  expect(answered.broke).toBe(false)
  expect(answered.text).not.toContain('[DONE]')
  const chunks = answered.text
    .split('\n\n')
    .filter(Boolean)
    .map(frame => JSON.parse(frame.slice(6)))
  expect(
    chunks
      .slice(0, -1)
      .map(chunk => chunk.choices[0]?.delta.content ?? '')
      .join(''),
  ).toBe(said)
  expect(chunks.at(-1)).toEqual({
    error: { message: expect.stringMatching(says), type: 'api_error', param: null, code },
    thalamus: { code, request_id: answered.id },
  })
  const counted = [`outcome="${code}"`]
  expect(await metric(at, 'thalamus_upstream_attempts_total', counted)).toBeGreaterThan(0)
  expect(await rowOf(at, answered.id)).toMatchObject({
    status: 200,
    code,
    usage: null,
    cost_usd: null,
    stop_reason: null,
    attempts: [{ status: 200, outcome: code, reason: expect.any(String), took_ms: expect.any(Number), usage: null }],
  })
}

function commented(text: string): string {
  return `: hello\n\n${text.replaceAll('\n\ndata', '\n\n: still here\n\ndata')}`
}

/** An earlier report that must not count. */
function twice(text: string): string {
  return events.usage(1, 1) + text
}

/** As OpenAI writes it when usage was asked for. */
function nulls(text: string, spelled = ':null'): string {
  return text.replaceAll('}]}\n', `}],"usage"${spelled}}\n`)
}

function pieces(text: string, size: number): Uint8Array[] {
  const bytes = Buffer.from(text)
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size))
}

function streamWith(headers: Readonly<Record<string, string>>) {
  return async ({ write, end }: { write(text: string): Promise<void>; end(): void }) => {
    await write(head({ headers: { ...headers, connection: 'close' } }))
    await write(events.says('hi') + events.stop + events.done)
    end()
  }
}

async function muteProvider(): Promise<typeof mute> {
  const left: Promise<void>[] = []
  const says: Readonly<Record<string, string>> = {
    role: streamHead + events.role,
    stalls: streamHead + events.role + events.says('one'),
    beats: streamHead + events.says('one') + events.stop,
  }
  const upstream = await scriptedUpstream(async ({ asked, write, closed }) => {
    left.push(closed)
    const { model } = JSON.parse(asked.body) as Asking
    await write(says[model] ?? '')
    if (model !== 'beats') return
    const beat = setInterval(() => void write(': still here\n\n'), 20)
    await closed
    clearInterval(beat)
  })
  return { upstream, left }
}

/** A port that nobody listens on. */
async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise(resolve => server.close(resolve))
  return address !== null && typeof address === 'object' ? address.port : 0
}
