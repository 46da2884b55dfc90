import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { type Answered, ask } from '../fakes/ask.ts'
import { eventually, metric, type Row, rowOf, rows } from '../fakes/ledger.ts'
import { soon, startThalamus, type Thalamus } from '../fakes/thalamus.ts'
import {
  completion,
  event,
  events,
  head,
  reply,
  type Script,
  scriptedUpstream,
  stream,
  streamHead,
  type Upstream,
} from '../fakes/upstream.ts'

/**
 * Before the first content reaches the caller, any failure is invisible if any target can answer. Here from outside: two
 * providers, of which the first fails in every way that we know of, and what the caller, the second and the ledger see.
 */

// Processes are started here, and a busy machine may take its time over that.
setDefaultTimeout(20_000)

let a: Upstream
let b: Upstream
let house: Thalamus

/** What is learnt of a provider stays: each test has a pair of its own, that stand at the same two places. */
const mostPlaces = 100
let places = 0

function fresh() {
  const n = places++
  return { a: `a${n}`, b: `b${n}`, both: `both${n}`, hedged: `hedged${n}`, raced: `raced${n}` }
}

const keys = { A1: 'sk-a-one-0123456789', A2: 'sk-a-two-0123456789', B1: 'sk-b-one-0123456789' }

beforeAll(async () => {
  ;[a, b] = await Promise.all([scriptedUpstream(), scriptedUpstream()])
  const defaults = {
    timeout: { first_token: '400ms', idle: '400ms', total: '8s' },
    retry: { attempts: 2, backoff: { base: '20ms', max: '50ms' }, max_wait: '3s' },
    breaker: { min_requests: 100_000 },
  }
  const price = { input: 1, output: 2 }
  const providers: Record<string, object> = {}
  const models: Record<string, object> = {}
  for (let n = 0; n < mostPlaces; n++) {
    providers[`a${n}`] = { base_url: a.url, keys: ['env:A1'], price }
    providers[`b${n}`] = { base_url: b.url, keys: ['env:B1'], price }
    const targets = [`a${n}/m`, `b${n}/m`]
    models[`both${n}`] = { targets }
    models[`hedged${n}`] = { targets, hedge: { after: '60ms' } }
    models[`raced${n}`] = { targets, strategy: 'race' }
  }
  providers.two = { base_url: a.url, keys: ['env:A1', 'env:A2'] }
  providers.accounts = { ...providers.two, dialect: 'openai-responses' }
  providers.gone = { base_url: 'http://127.0.0.1:1/v1' }
  providers.drained = { base_url: a.url, drain_for_usage: true, price }
  providers.filters = { dialect: 'gemini-generate', base_url: a.url, keys: ['env:A1'], price }
  for (const { stream } of kinds) models[`filtered-${stream}`] = { targets: ['filters/m', `b0/filtered-${stream}`] }
  models['gone-first'] = { targets: ['gone/m', 'b0/m'] }
  house = await startThalamus({ config: { providers, models, defaults }, env: keys })
})
afterAll(() => Promise.all([house, a, b].map(each => each?.stop())))

/** The row of a request that nobody waited for to the end, as soon as it is there. */
async function settledRow(isIt: (row: Row) => boolean): Promise<Row> {
  const found = await eventually(
    async () => (await rows(house)).find(isIt),
    row => row !== undefined,
  )
  if (!found) throw new Error('There is no such row.')
  return found
}

const kinds = [
  { kind: 'a whole reply', stream: false },
  { kind: 'a stream', stream: true },
]

const answers: Script = exchange =>
  (isStream(exchange.asked.body)
    ? stream(events.role, events.says('from b'), events.stop + events.usage(3, 2) + events.done)
    : reply(completion('from b')))(exchange)

const isStream = (body: string): boolean => body.includes('"stream":true')

/** The bytes, and then nothing more, ever. */
const mute =
  (bytes = ''): Script =>
  ({ write }) =>
    write(bytes)

const thenEnds =
  (bytes: string): Script =>
  async ({ write, end }) => {
    await write(bytes)
    end()
  }

const thenResets =
  (bytes: string): Script =>
  async ({ write, reset }) => {
    await write(bytes)
    reset()
  }

const refuses = (status: number, body: string, headers: Readonly<Record<string, string>> = {}): Script =>
  reply(body, { status, headers })

const error = (message: string, more: object = {}): string => JSON.stringify({ error: { message, ...more } })

type Failing = readonly [how: string, script: Script, reason: string, status: number | null]

const begun = streamHead + events.role

/** However it is asked. */
const failures: readonly Failing[] = [
  ['accepts and never answers', mute(), 'timeout', null],
  ['resets at once', ({ reset }) => reset(), 'network', null],
  ['closes at once', ({ end }) => end(), 'network', null],
  ['says half a head', thenEnds('HTTP/1.1 200 O'), 'network', null],
  ['answers 408', refuses(408, error('slow')), 'timeout', 408],
  ['answers 409', refuses(409, error('lock')), 'conflict', 409],
  ['answers 429', refuses(429, error('slow down')), 'rate_limited', 429],
  ['answers 429 with a year', refuses(429, error('x'), { 'retry-after': '31536000' }), 'rate_limited', 429],
  ['answers 429 with nonsense', refuses(429, error('x'), { 'retry-after': '-7 apples' }), 'rate_limited', 429],
  ['answers 500', refuses(500, error('broken')), 'server_error', 500],
  ['answers 502 with HTML', refuses(502, '<html>', { 'content-type': 'text/html' }), 'server_error', 502],
  ['answers 503', refuses(503, error('busy')), 'overloaded', 503],
  ['answers 529', refuses(529, error('Overloaded', { type: 'overloaded_error' })), 'overloaded', 529],
  ['refuses our key', refuses(401, error('Incorrect API key')), 'key_refused', 401],
  ['has no credit left for us', refuses(402, error('pay')), 'key_spent', 402],
  ['does not let us', refuses(403, error('no')), 'forbidden', 403],
  ['does not know the model', refuses(404, error('no such model')), 'not_found', 404],
  ['finds the prompt too long', refuses(400, error('x', { code: 'context_length_exceeded' })), 'too_long', 400],
  ['has a filter', refuses(400, error('x', { code: 'content_filter' })), 'filtered', 400],
  ['tells its own trouble as a 400', refuses(400, error('temporarily unavailable')), 'transient', 400],
  ['answers a page of HTML with 200', reply('<html>', { headers: { 'content-type': 'text/html' } }), '', 200],
  ['redirects', refuses(302, '', { location: 'http://127.0.0.1:1/' }), 'unwilling', 302],
]

/** As OpenRouter tells what went wrong behind it. */
const failedChoice = {
  index: 0,
  message: { role: 'assistant', content: '' },
  finish_reason: 'error',
  error: { code: 502, message: 'Provider returned error' },
}

/** Only where a whole reply was asked for. */
const wholeFailures: readonly Failing[] = [
  ['answers nothing with 200', reply(''), 'unreadable', 200],
  ['answers an empty object', reply('{}'), 'unreadable', 200],
  ['answers half a JSON', reply('{"choices":['), 'unreadable', 200],
  ['breaks off in its body', thenEnds(`${head({ headers: { 'content-length': '99' } })}{`), 'network', 200],
  ['tells an error inside a 200', reply(error('Provider returned error', { code: 502 })), 'server_error', 200],
  ['tells an error in its choice', reply(JSON.stringify({ choices: [failedChoice] })), 'server_error', 200],
  ['tells a limit inside a 200', reply(error('slow down', { code: 'rate_limit_exceeded' })), 'rate_limited', 200],
  ['tells an empty account inside a 200', reply(error('pay', { code: 'insufficient_quota' })), 'key_spent', 200],
]

/** Only where a stream was asked for. */
const streamFailures: readonly Failing[] = [
  ['falls silent after its head', mute(streamHead), 'timeout', 200],
  ['falls silent after the role', mute(begun), 'timeout', 200],
  ['says nothing but heartbeats', mute(`${streamHead}: ping\n\n`), 'timeout', 200],
  ['closes after its head', stream(), 'cut_short', 200],
  ['closes after the role', stream(events.role), 'cut_short', 200],
  ['resets after the role', thenResets(begun), '', 200],
  ['tells an error first', stream(event({ error: { message: 'no', code: 503 } })), 'overloaded', 200],
  ['tells an error in its choice', stream(events.role, event({ choices: [failedChoice] })), 'server_error', 200],
  [
    'stops for an error',
    stream(events.role, event({ choices: [{ delta: {}, finish_reason: 'error' }] })),
    'server_error',
    200,
  ],
  [
    'tells a limit first',
    stream(event({ error: { message: 'no', code: 'rate_limit_exceeded' } })),
    'rate_limited',
    200,
  ],
  ['tells a wrong key first', stream(event({ error: { message: 'no', code: 'invalid_api_key' } })), 'key_refused', 200],
  ['tells an error after the role', stream(events.role, event({ error: { message: 'no' } })), 'server_error', 200],
  ['answers with one JSON error', reply(error('no')), 'server_error', 200],
]

const cases = [
  ...failures.flatMap(failure => kinds.map(kind => [...failure, kind.kind, kind.stream] as const)),
  ...wholeFailures.map(failure => [...failure, 'a whole reply', false] as const),
  ...streamFailures.map(failure => [...failure, 'a stream', true] as const),
]

const say = (model: string, stream: boolean) => ({ model, stream })

function expectFromB(answered: Answered, streamed: boolean, by: string): void {
  expect(answered.status).toBe(200)
  if (streamed) expect(answered.text).toBe(events.role + events.says('from b') + events.stop + events.done)
  else expect(answered.text).toBe(completion('from b'))
  expect(answered.headers.get('x-thalamus-provider')).toBe(by)
  expect(answered.headers.get('x-thalamus-attempts')).toBe('2')
}

describe.each([...cases])('a provider that %s', (_, script, reason, status, kind, streamed) => {
  test(`is not seen: the second answers ${kind}`, async () => {
    const at = fresh()
    a.play(script)
    b.play(answers)
    const before = [a.asked.length, b.asked.length]
    const answered = await ask(house, say(at.both, streamed))
    expectFromB(answered, streamed, at.b)
    expect([a.asked.length, b.asked.length]).toEqual(before.map(n => n + 1))
    const row = await rowOf(house, answered.id)
    expect(row).toMatchObject({
      code: 'ok',
      provider: at.b,
      usage: { input: 3, output: 2 },
      attempts: [
        { provider: at.a, status, why: null },
        { provider: at.b, status: 200, why: 'failover', outcome: 'ok', reason: null },
      ],
    })
    const moved = row.events.filter(each => each.type === 'failover')
    expect(moved).toMatchObject([{ from: `${at.a}/m`, to: `${at.b}/m` }])
    if (reason !== '') expect([row.attempts[0]?.reason, moved[0]?.reason]).toEqual([reason, reason])
  })
})

/** Those after which a place is asked again in its turn. */
const waits: ReadonlySet<string> = new Set(['overloaded', 'rate_limited', 'key_refused'])
const passing = streamFailures.filter(([, , reason]) => !waits.has(reason))

describe.each(passing)('one that %s, and so does the next', (_, script) => {
  test('is asked once more, and then it is as if nothing had been', async () => {
    // bifrost#4911 and bifrost#2917: what is left of the first try makes the second fail.
    let asked = 0
    a.play(exchange => (asked++ === 0 ? script : answers)(exchange))
    b.play(script)
    const at = fresh()
    const answered = await ask(house, say(at.both, true))
    expect([answered.status, answered.text]).toEqual([
      200,
      events.role + events.says('from b') + events.stop + events.done,
    ])
    expect(await rowOf(house, answered.id)).toMatchObject({
      code: 'ok',
      usage: { input: 3, output: 2 },
      attempts: [
        { provider: at.a, why: null },
        { provider: at.b, why: 'failover' },
        { provider: at.a, why: 'retry', outcome: 'ok' },
      ],
    })
  })
})

describe.each(kinds)('a filter that lets nothing through, in a 200, for $kind', ({ stream: streamed }) => {
  const blocked = { promptFeedback: { blockReason: 'PROHIBITED_CONTENT' }, usageMetadata: { promptTokenCount: 3 } }
  const filters = streamed ? stream(event(blocked)) : reply(JSON.stringify(blocked))
  const attempts = (first: object, second: object) => ({
    code: 'ok',
    attempts: [
      { provider: 'filters', status: 200, reason: 'filtered', ...first },
      { provider: 'b0', why: 'failover', ...second },
    ],
  })

  test('is not seen: the second answers', async () => {
    a.play(filters)
    b.play(answers)
    const answered = await ask(house, say(`filtered-${streamed}`, streamed))
    expectFromB(answered, streamed, 'b0')
    const row = await rowOf(house, answered.id)
    expect(row).toMatchObject(attempts({ outcome: 'invalid_request', usage: { input: 3 } }, { outcome: 'ok' }))
    expect(row.usage).toMatchObject({ input: 3, output: 2 })
  })

  test('is told where nobody else answers', async () => {
    a.play(filters)
    b.play(refuses(404, error('no such model')))
    const answered = await ask(house, say(`filtered-${streamed}`, streamed))
    expect([answered.status, answered.headers.get('x-thalamus-provider')]).toEqual([200, 'filters'])
    expect(answered.text).toContain('"finish_reason":"content_filter"')
    const row = await rowOf(house, answered.id)
    expect(row).toMatchObject({ ...attempts({ outcome: 'ok' }, { outcome: 'model_not_found' }), provider: 'filters' })
    expect([row.usage, row.cost_usd]).toMatchObject([{ input: 3 }, '0.000003'])
  })
})

describe('a provider that is not there', () => {
  test.each(kinds)('is not seen: the second answers $kind', async ({ stream: streamed }) => {
    b.play(answers)
    expectFromB(await ask(house, say('gone-first', streamed)), streamed, 'b0')
  })
})

describe("the caller's own fault", () => {
  test.each([
    [400, error('messages must not be empty')],
    [413, error('too large')],
    [422, error('field required')],
  ])('as %i is told at once, in the words of whoever was asked first', async (status, body) => {
    a.play(refuses(status, body))
    const before = b.asked.length
    const answered = await ask(house, say(fresh().both, false))
    expect([answered.status, answered.text, b.asked.length]).toEqual([status, body, before])
  })

  test("that every target finds is told in the first one's words", async () => {
    const body = error('too many tokens', { code: 'context_length_exceeded' })
    a.play(refuses(400, body))
    b.play(refuses(400, error('so long', { code: 'context_length_exceeded' })))
    const answered = await ask(house, say(fresh().both, false))
    expect([answered.status, answered.text]).toEqual([400, body])
  })
})

describe('when nobody answers', () => {
  test('one error names every try, within the budget, with the earliest time to ask again', async () => {
    a.play(refuses(429, error('slow down'), { 'retry-after': '9' }))
    b.play(refuses(503, error('busy'), { 'retry-after': '5' }))
    const before = a.asked.length + b.asked.length
    const answered = await ask(house, say(fresh().both, false))
    expect([answered.status, answered.headers.get('retry-after')]).toEqual([503, '5'])
    const { error: told, thalamus } = answered.json() as {
      error: { message: string }
      thalamus: { attempts: object[] }
    }
    expect(told.message).toMatch(
      /^None of 2 tries was answered: a\d+\/m 429 rate_limited \(\d+ ms\), b\d+\/m 503 overloaded \(\d+ ms\)\. The last: b\d+ answered 503: busy/,
    )
    expect(thalamus).toMatchObject({
      code: 'overloaded',
      attempts: [
        { model: 'm', status: 429, code: 'rate_limited', reason: 'rate_limited' },
        { model: 'm', status: 503, code: 'overloaded' },
      ],
    })
    expect(a.asked.length + b.asked.length).toBe(before + 2)
  })

  test('there are no more tries than the budget says, over all targets', async () => {
    a.play(refuses(500, error('x')))
    b.play(refuses(500, error('x')))
    const before = a.asked.length + b.asked.length
    const answered = await ask(house, say(fresh().both, true))
    expect([answered.status, a.asked.length + b.asked.length - before]).toEqual([502, 4])
    expect((await rowOf(house, answered.id)).attempts.map(each => each.why)).toEqual([
      null,
      'failover',
      'retry',
      'retry',
    ])
  })

  test("a key of ours that is refused is never the caller's 401", async () => {
    a.play(refuses(401, error('Incorrect API key provided: sk-a')))
    const at = fresh()
    const answered = await ask(house, say(`${at.a}/m`, false))
    const { error: told } = answered.json() as { error: { message: string; code: string } }
    expect([answered.status, told.code]).toEqual([502, 'upstream_failed'])
    expect(told.message).toBe(
      `${at.a} refused the key that is configured for it here (401). Its operator has to see to it.`,
    )
  })

  test('a caller in a hurry is not kept waiting', async () => {
    a.play(refuses(503, error('busy'), { 'retry-after': '2' }))
    const began = performance.now()
    const answered = await ask(house, say(`${fresh().a}/m`, false), { headers: { 'x-thalamus-timeout': '1' } })
    expect([answered.status, performance.now() - began < 900]).toEqual([503, true])
  })
})

test('a 429 leads to the next key at once', async () => {
  a.play(exchange =>
    exchange.asked.headers.get('authorization') === `Bearer ${keys.A1}`
      ? refuses(429, error('slow down'), { 'retry-after': '60' })(exchange)
      : reply(completion('by the second key'))(exchange),
  )
  const seen = new Set<string>()
  for (let i = 0; i < 6; i++) {
    const answered = await ask(house, say('two/m', false))
    expect(answered.text).toBe(completion('by the second key'))
    seen.add((await rowOf(house, answered.id)).attempts.map(each => each.key).join(' '))
  }
  expect([...seen].every(each => each === 'k2' || each === 'k1 k2')).toBe(true)
  expect(seen.size).toBeGreaterThan(0)
})

/** What one account signed or keeps, another cannot read (higress#3841, and litellm's encrypted_content affinity). */
describe('what only another account of the same provider can read', () => {
  const made = 'gAAA-of-the-second-account'
  const isOwn = ({ headers }: { readonly headers: ReadonlyMap<string, string> }): boolean =>
    headers.get('authorization') === `Bearer ${keys.A2}`
  const answer = JSON.stringify({ id: 'resp_2', object: 'response', status: 'completed', output: [], usage: null })
  const strange: readonly (readonly [string, object, string])[] = [
    [
      'sealed thoughts',
      { input: [{ type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: made }] },
      error(`The encrypted content ${made} could not be verified.`, { code: 'invalid_encrypted_content' }),
    ],
    [
      'an earlier reply',
      { input: 'and then?', previous_response_id: made },
      error(`Previous response with id '${made}' not found.`, { code: 'previous_response_not_found' }),
    ],
  ]

  test.each([...strange])('%s leads to its key, and is held against nobody', async (_, more, refusal) => {
    a.play(exchange => (isOwn(exchange.asked) ? reply(answer) : refuses(400, refusal))(exchange))
    const firsts = new Set<string | null>()
    for (let i = 0; i < 100 && !firsts.has('k1'); i++) {
      const answered = await ask(house, { model: 'accounts/m', ...more }, { path: '/v1/responses' })
      expect([answered.status, answered.text]).toEqual([200, answer])
      const { attempts } = await rowOf(house, answered.id)
      expect(attempts.at(-1)).toMatchObject({ key: 'k2', outcome: 'ok' })
      if (attempts.length > 1) expect(attempts[0]).toMatchObject({ key: 'k1', reason: 'other_account' })
      firsts.add(attempts[0]?.key ?? null)
    }
    expect(firsts).toContain('k1')
  })

  test('a kept reply is shown, cancelled and deleted with the key of its account', async () => {
    a.play(({ asked, ...exchange }) => {
      const own = isOwn(asked)
      if (asked.method === 'POST' && !own && asked.path === '/v1/responses')
        return refuses(429, error('slow down'))({ asked, ...exchange })
      return (own ? reply(answer) : refuses(404, error("Response with id 'resp_2' not found.")))({ asked, ...exchange })
    })
    const made = await ask(house, { model: 'accounts/m', input: 'hi' } as { model: string }, { path: '/v1/responses' })
    expect(made.text).toBe(answer)
    const of = (method: string, more = ''): Promise<string> =>
      fetch(`${house.url}/v1/responses/resp_2${more}`, {
        method,
        headers: { authorization: `Bearer ${house.key}` },
      }).then(async response => `${response.status} ${await response.text()}`)
    expect(await of('GET')).toBe(`200 ${answer}`)
    expect(await of('POST', '/cancel')).toBe(`200 ${answer}`)
    a.play(refuses(401, error(`Incorrect API key provided: ${keys.A1.slice(0, 8)}`)))
    expect(await of('GET')).toMatch(/^502 .*accounts refused the key that is configured for it here \(401\)/)
    a.play(exchange => (isOwn(exchange.asked) ? reply('{"deleted":true}') : refuses(401, error('no')))(exchange))
    expect(await of('DELETE')).toBe('200 {"deleted":true}')
    expect(await of('GET')).toStartWith('404 ')
  })

  test('is told in the words of whoever was asked first, where no account can', async () => {
    const [, more, refusal] = strange[0] ?? expect.unreachable()
    a.play(refuses(400, refusal))
    const answered = await ask(house, { model: 'accounts/m', ...more }, { path: '/v1/responses' })
    expect([answered.status, answered.text]).toEqual([400, refusal])
  })
})

describe('a hedge', () => {
  test.each(kinds)('answers $kind when the first is silent, and the first is left', async ({ stream: streamed }) => {
    const { promise: left, resolve } = Promise.withResolvers<void>()
    a.play(exchange => void exchange.closed.then(resolve))
    b.play(answers)
    const at = fresh()
    const answered = await ask(house, say(at.hedged, streamed))
    expectFromB(answered, streamed, at.b)
    await soon(left, () => 'The first is still being asked.')
    expect(await rowOf(house, answered.id)).toMatchObject({
      attempts: [
        { provider: at.a, outcome: 'lost', reason: null },
        { provider: at.b, why: 'hedge', outcome: 'ok' },
      ],
      events: [{ type: 'hedge', result: 'won', target: `${at.b}/m` }],
    })
  })

  test('that is quicker leaves what the other had used on the record', async () => {
    a.play(mute(begun + events.usage(7, 0)))
    b.play(answers)
    const answered = await ask(house, say(fresh().hedged, true))
    expect(await rowOf(house, answered.id)).toMatchObject({
      usage: { input: 3, output: 2 },
      cost_usd: '0.000014',
      attempts: [{ outcome: 'lost', usage: { input: 7 }, cost_usd: '0.000007' }, { usage: null }],
    })
  })
})

test('a race is won by the first to succeed, and the other is left', async () => {
  const { promise: left, resolve } = Promise.withResolvers<void>()
  a.play(exchange => void exchange.closed.then(resolve))
  b.play(answers)
  const answered = await ask(house, say(fresh().raced, false))
  expect(answered.text).toBe(completion('from b'))
  await soon(left, () => 'The other is still being asked.')
  expect((await rowOf(house, answered.id)).attempts.map(each => each.outcome).sort()).toEqual(['lost', 'ok'])
})

describe('a caller who leaves', () => {
  const phases: readonly (readonly [string, Script, boolean])[] = [
    ['while a provider is silent', mute(), false],
    ['before the first token', mute(begun), true],
  ]
  test.each([...phases])('%s stops it within a moment, and no other is asked', async (_, script, streamed) => {
    const asked = Promise.withResolvers<{ readonly closed: Promise<void> }>()
    a.play(exchange => {
      asked.resolve(exchange)
      return script(exchange)
    })
    const before = b.asked.length
    const leaving = new AbortController()
    const at = fresh()
    const answering = ask(house, say(at.both, streamed), { signal: leaving.signal }).catch(() => undefined)
    const { closed } = await asked.promise
    const began = performance.now()
    leaving.abort()
    await soon(closed, () => 'It is still being asked.')
    expect(performance.now() - began).toBeLessThan(250)
    await answering
    const row = await settledRow(each => each.provider === at.a)
    expect([row.status, row.attempts.length, b.asked.length]).toEqual([499, 1, before])
  })

  test('during a pause starts nothing more', async () => {
    a.play(refuses(503, error('busy'), { 'retry-after': '2' }))
    const leaving = new AbortController()
    const before = a.asked.length
    const at = fresh()
    const answering = ask(house, say(`${at.a}/m`, false), { signal: leaving.signal }).catch(() => undefined)
    await eventually(
      async () => a.asked.length,
      asked => asked > before,
    )
    leaving.abort()
    await answering
    const row = await settledRow(each => each.provider === at.a)
    expect([row.code, row.attempts.length, a.asked.length]).toEqual(['client_closed', 1, before + 1])
  })

  /** The row of a caller who left when the first words had come, and before its provider went on. */
  async function leftBehind(id: string): Promise<Row> {
    const going = Promise.withResolvers<void>()
    a.play(async ({ write, end }) => {
      await write(begun + events.says('one'))
      await going.promise
      await write(events.says('two') + events.stop + events.usage(3, 9) + events.done)
      end()
    })
    const leaving = new AbortController()
    const heard = Promise.withResolvers<void>()
    const asked = { signal: leaving.signal, heard: heard.resolve, headers: { 'x-request-id': id } }
    const answering = ask(house, say('drained/m', true), asked).catch(() => undefined)
    await heard.promise
    leaving.abort()
    await answering
    // Whoever comes after one that left finds its connection closed.
    for (let n = 0; n < 3; n++) await fetch(`${house.url}/healthz`, { keepalive: false })
    going.resolve()
    return await settledRow(each => each.id === id)
  }

  test('in the middle of a stream that is billed anyway is not in vain: the usage is heard', async () => {
    let row = await leftBehind('left-0')
    // Where the machine is busy the provider's last words are there before anybody has seen that the caller is not.
    for (let n = 1; n < 10 && row.code === 'ok'; n++) row = await leftBehind(`left-${n}`)
    expect(row).toMatchObject({ code: 'client_closed', usage: { input: 3, output: 9 }, cost_usd: '0.000021' })
  })
})

describe('an idempotency-key', () => {
  test.each(kinds)('answers once: $kind is given again, and costs nothing', async ({ stream: streamed }) => {
    b.play(answers)
    const at = fresh()
    const headers = { 'idempotency-key': `again ${streamed}` }
    const before = b.asked.length
    const [first, joined] = await Promise.all([1, 2].map(() => ask(house, say(`${at.b}/m`, streamed), { headers })))
    const again = await ask(house, say(`${at.b}/m`, streamed), { headers })
    expect([joined?.text, again.text, b.asked.length]).toEqual([first?.text, first?.text ?? '', before + 1])
    expect(again.headers.get('idempotent-replayed')).toBe('true')
    expect(await rowOf(house, again.id)).toMatchObject({ code: 'ok', cost_usd: '0', usage: null, attempts: [] })
    const other = await ask(house, say(`${at.a}/m`, streamed), { headers })
    expect(other.status).toBe(409)
  })
})

test('what was decided is counted, and logged with the request it was for', async () => {
  a.play(refuses(500, error('x')))
  b.play(answers)
  const at = fresh()
  const count = () => metric(house, 'thalamus_failovers_total', [`from="${at.a}/m"`, 'reason="server_error"'])
  const before = await count()
  const trace = '4bf92f3577b34da6a3ce929d0e0e4736'
  const { id } = await ask(house, say(at.both, false), { headers: { traceparent: `00-${trace}-00f067aa0ba902b7-01` } })
  expect(await count()).toBe(before + 1)
  const line = await house.logged(each => each.event === 'failover' && each.request_id === id)
  expect(line).toMatchObject({
    trace_id: trace,
    from: `${at.a}/m`,
    to: `${at.b}/m`,
    reason: 'server_error',
    status: 500,
  })
})
