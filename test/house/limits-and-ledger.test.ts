import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import fc from 'fast-check'
import { type Answered, ask } from '../fakes/ask.ts'
import { eventually, metric, type Row, rowOf, rows, settled } from '../fakes/ledger.ts'
import { startThalamus, type Thalamus, thalamus } from '../fakes/thalamus.ts'
import {
  completion,
  event,
  events,
  reply,
  scriptedUpstream,
  stream,
  streamHead,
  type Upstream,
} from '../fakes/upstream.ts'

/** Who may ask how often and for what, and what is written down of it. */

// Processes are started here, and a busy machine may take its time over that.
setDefaultTimeout(20_000)

const env = {
  DEV_KEY: 'dev-key-0123456789',
  FEW_KEY: 'few-key-0123456789',
  BURST_KEY: 'burst-key-0123456789',
  NARROW_KEY: 'narrow-0123456789',
}
let upstream: Upstream
let house: Thalamus

beforeAll(async () => {
  upstream = await scriptedUpstream()
  house = await startThalamus({
    config: {
      providers: {
        priced: { base_url: upstream.url, price: { input: 1.25, output: 10, cache_read: '0.125' } },
        claude: { dialect: 'anthropic-messages', base_url: upstream.url, price: { input: 3, output: 15 } },
        tiny: { base_url: upstream.url, price: { input: '0.0375', output: '0.0001' } },
        unpriced: { base_url: upstream.url },
        sim: { enabled: true },
      },
      models: { mine: { targets: ['priced/m'] } },
      pricing: { overrides: { 'priced/special': { input: 2, output: 4 } } },
      keys: [
        { name: 'dev', secret: 'env:DEV_KEY', team: 'core' },
        { name: 'few', secret: 'env:FEW_KEY', rpm: 3 },
        { name: 'burst', secret: 'env:BURST_KEY', rpm: 5 },
        { name: 'narrow', secret: 'env:NARROW_KEY', models: ['mine', 'sim/e*'] },
      ],
    },
    env,
  })
})
afterAll(() => Promise.all([house?.stop(), upstream?.stop()]))

type More = { readonly signal?: AbortSignal; readonly heard?: () => void }

const say = (fields: object, key = env.DEV_KEY, headers = {}, more: More = {}): Promise<Answered> =>
  ask(house, { model: 'sim/echo', ...fields }, { key, headers, ...more })

describe('a limit of requests a minute', () => {
  test('is told with each reply, and refuses the one beyond it with the time to wait', async () => {
    const answers: Answered[] = []
    for (let i = 0; i < 4; i++) answers.push(await say({}, env.FEW_KEY))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429])
    expect(answers.map(({ headers }) => headers.get('x-ratelimit-limit-requests'))).toEqual(['3', '3', '3', '3'])
    expect(answers.map(({ headers }) => headers.get('x-ratelimit-remaining-requests'))).toEqual(['2', '1', '0', '0'])
    expect(answers.every(({ headers }) => /^\d+s$/.test(headers.get('x-ratelimit-reset-requests') ?? ''))).toBe(true)
    const refused = answers[3] as Answered
    expect(Number(refused.headers.get('retry-after'))).toBeWithin(1, 61)
    expect(refused.json()).toMatchObject({ error: { type: 'rate_limit_error' }, thalamus: { code: 'rate_limited' } })
    expect(await rowOf(house, refused.id)).toMatchObject({
      status: 429,
      code: 'rate_limited',
      attempts: [],
      key: { name: 'few' },
    })
  })

  test('lets no more through when all come at once', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => say({}, env.BURST_KEY)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(5)
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(15)
  })

  test('leaves other keys alone, and says nothing where there is none', async () => {
    const { status, headers } = await say({})
    expect(status).toBe(200)
    expect([...headers.keys()].filter(name => name.startsWith('x-ratelimit'))).toEqual([])
  })
})

describe('a key', () => {
  test.each([
    ['mine', 200],
    ['sim/echo', 200],
    ['sim/echo+500', 500],
    ['priced/m', 403],
    ['sim/lorem', 403],
  ])('that may use mine and sim/e*, asking for %s, gets %d', async (model, status) => {
    upstream.play(reply(completion('hi')))
    const answered = await say({ model }, env.NARROW_KEY)
    expect(answered.status).toBe(status)
    const row = await rowOf(house, answered.id)
    expect(row).toMatchObject({ status, model_asked: model, key: { name: 'narrow' } })
    if (status === 403) expect(row).toMatchObject({ code: 'forbidden', attempts: [] })
  })

  test('made by another process is known within two seconds, and revoked by one, refused within two', async () => {
    const made = await thalamus(['keys', 'create', 'fresh', '--team', 'ops', '--json'], { cwd: house.folder, env })
    const { secret, id } = JSON.parse(made.stdout) as { secret: string; id: string }
    const status = (): Promise<number> => say({}, secret).then(answered => answered.status)
    await within(2_000, () => eventually(status, code => code === 200))
    expect((await rows(house))[0]).toMatchObject({ key: { id, name: 'fresh' }, team: 'ops' })

    expect((await thalamus(['keys', 'revoke', 'fresh'], { cwd: house.folder, env })).code).toBe(0)
    await within(2_000, () => eventually(status, code => code === 401))
    expect(await status()).toBe(401)
    expect((await rows(house))[0]).toMatchObject({ code: 'unauthenticated', key: null })
  })
})

describe('usage and cost', () => {
  const full = {
    usage: {
      prompt_tokens: 1000,
      completion_tokens: 300,
      total_tokens: 1300,
      prompt_tokens_details: { cached_tokens: 600 },
      completion_tokens_details: { reasoning_tokens: 200 },
    },
  }
  const one = { usage: { prompt_tokens: 1, completion_tokens: 0, total_tokens: 1 } }
  const buckets = { input: 400, cache_read: 600, cache_write: 0, output: 100, reasoning: 200 }

  test.each([
    // 400 x 1.25 + 600 x 0.125 + 300 x 10 = 3575 micro-dollars
    ['priced/m', full, buckets, '0.003575'],
    ['mine', full, buckets, '0.003575'],
    // 1000 x 2 + 300 x 4 = 3200: reading from the cache costs what input does where nothing else is said
    ['priced/special', full, buckets, '0.0032'],
    // 37.5 nano-dollars, rounded half up
    ['tiny/m', one, { input: 1, output: 0 }, '0.000000038'],
    ['unpriced/m', full, buckets, null],
    ['priced/m', { usage: null }, null, null],
  ])('of %s with %j are %j and %p, in the row and in the header', async (model, more, usage, cost) => {
    upstream.play(reply(completion('hi', more)))
    const whole = await say({ model })
    expect(whole.headers.get('x-thalamus-cost-usd')).toBe(cost)
    upstream.play(stream(events.says('hi'), events.stop, event({ choices: [], ...more }), events.done))
    const streamed = await say({ model, stream: true })
    expect(streamed.headers.get('x-thalamus-cost-usd')).toBeNull()
    for (const { id } of [whole, streamed]) {
      const row = await rowOf(house, id)
      expect(row.cost_usd).toBe(cost)
      if (usage) expect(row.usage).toMatchObject(usage)
      else expect(row.usage).toBeNull()
      const lines = row.price_lines.map(({ tokens }) => tokens)
      expect(lines.reduce((sum, tokens) => sum + tokens, 0)).toBe(usage === null ? 0 : more === one ? 1 : 1300)
      expect(row.price_source).toBe(cost === null ? null : 'config')
    }
  })

  const claudes = (type: string, more: object): string => `event: ${type}\n${event({ type, ...more })}`
  const begun = [
    claudes('message_start', { message: { id: 'm', model: 'm', usage: { input_tokens: 1000, output_tokens: 1 } } }),
    claudes('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
    claudes('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'many words' } }),
  ]

  test.each(['/v1/messages', '/v1/chat/completions'])(
    'of a stream that breaks off are what it had told, and the row and the log say that more was used: %s',
    async path => {
      const body = { model: 'claude/m', max_tokens: 9, stream: true, messages: [{ role: 'user', content: 'hi' }] }
      const asked = (more: More = {}) => ask(house, JSON.stringify(body), { path, key: env.DEV_KEY, ...more })
      upstream.play(stream(...begun))
      const cut = await asked()
      upstream.play(({ write }) => write(streamHead + begun.join('')))
      const leaving = new AbortController()
      const left = await asked({ signal: leaving.signal, heard: () => leaving.abort() })
      for (const [{ id }, code] of [[cut, 'upstream_failed'] as const, [left, 'client_closed'] as const]) {
        const line = await house.logged(({ request_id, event: name }) => request_id === id && name === 'request')
        const row = await rowOf(house, id)
        expect(row).toMatchObject({ code, usage: { input: 1000, output: 1 }, cost_usd: '0.003015' })
        expect([row.missing, line.missing]).toEqual(Array(2).fill(['usage of claude/m after its last report']))
      }
      upstream.play(
        stream(
          ...begun,
          claudes('message_delta', { delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 400 } }),
        ),
      )
      expect(await rowOf(house, (await asked()).id)).toMatchObject({ code: 'ok', usage: { output: 400 }, missing: [] })
    },
  )

  test('of a provider that is free are 0, which is not unknown', async () => {
    const { id, headers } = await say({})
    expect(headers.get('x-thalamus-cost-usd')).toBe('0')
    expect((await rowOf(house, id)).cost_usd).toBe('0')
  })
})

describe("a request's id", () => {
  test("is the caller's own, if it sent a plain one", async () => {
    const { id, headers } = await say({}, env.DEV_KEY, { 'x-request-id': 'mine-1:a.b=c@d+e' })
    expect(id).toBe('mine-1:a.b=c@d+e')
    expect(headers.get('x-thalamus-request-id')).toBe(id)
    expect((await rowOf(house, id)).id).toBe(id)
  })

  test.each(['one after the other', 'at once'])('is never the id of two rows that come %s', async how => {
    const own = how.replaceAll(' ', '-')
    const same = () => say({ model: 'sim/echo+delay=20' }, env.DEV_KEY, { 'x-request-id': own })
    const answers = how === 'at once' ? await Promise.all([same(), same(), same()]) : [await same(), await same()]
    const ids = answers.map(({ id }) => id)
    expect(ids).toContain(own)
    expect(new Set(ids).size).toBe(ids.length)
    for (const id of ids) {
      expect(id.replace(own, '')).toMatch(/^(-\w{8})?$/)
      expect((await rowOf(house, id)).code).toBe('ok')
    }
  })

  test.each(['', ' ', 'a b', 'a/b', '<script>', '"', 'a'.repeat(129), 'é'])(
    'is ours where the own one is %p',
    async own => {
      const { id } = await say({}, env.DEV_KEY, { 'x-request-id': own })
      expect(id).toMatch(/^req_\w+$/)
    },
  )
})

describe('what a caller says of a request', () => {
  test('is in its row and in the log', async () => {
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
    const { id } = await say({}, env.DEV_KEY, {
      'x-thalamus-task': 'summarize',
      'x-thalamus-user': 'ada',
      'x-thalamus-tags': 'a, b,,c',
      traceparent: `00-${traceId}-00f067aa0ba902b7-01`,
    })
    const said = { task: 'summarize', user: 'ada', tags: ['a', 'b', 'c'], trace_id: traceId, team: 'core' }
    expect(await rowOf(house, id)).toMatchObject(said)
    expect(await house.logged(line => line.request_id === id)).toMatchObject({ ...said, key: 'dev' })
  })
})

const sha256Start = (text: string): string => new Bun.CryptoHasher('sha256').update(text).digest('hex').slice(0, 32)

describe('a trace', () => {
  test.each([
    ['of its own, made of its id', {}, (id: string) => id.slice(4)],
    [
      'of its own, if what its caller sends is none',
      { traceparent: `00-${'0'.repeat(32)}-00f067aa0ba902b7-01` },
      (id: string) => id.slice(4),
    ],
    ['of its own, if its id is its caller’s', { 'x-request-id': 'mine-of-a-trace' }, sha256Start],
  ])('is told in the row and in the log: %s', async (_, headers, traceOf) => {
    const { id } = await say({ model: 'unpriced/m' }, env.DEV_KEY, headers)
    const line = await house.logged(({ request_id, event: name }) => request_id === id && name === 'request')
    expect([line.trace_id, (await rowOf(house, id)).trace_id]).toEqual(Array(2).fill(traceOf(id)))
  })
})

describe('disclose: none', () => {
  test('leaves the request id alone in the headers, of replies and of refusals', async () => {
    const silent = await startThalamus({
      config: {
        server: { disclose: 'none' },
        providers: { sim: { enabled: true } },
        keys: [{ name: 'few', secret: 'env:FEW_KEY', rpm: 3 }],
      },
      env,
    })
    try {
      const key = env.FEW_KEY
      const answers = [
        await ask(silent, { model: 'sim/echo' }, { key }),
        await ask(silent, { model: 'sim/echo', stream: true } as { model: string }, { key }),
        await ask(silent, { model: 'sim/echo+500' }, { key }),
        await ask(silent, { model: 'sim/echo' }, { key }),
      ]
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 500, 429])
      for (const { headers } of answers) {
        expect([...headers.keys()].filter(name => name.startsWith('x-') && name !== 'x-accel-buffering')).toEqual([
          'x-request-id',
          'x-thalamus-request-id',
        ])
      }
      expect(answers[3]?.headers.has('retry-after')).toBe(true)
    } finally {
      await silent.stop()
    }
  })
})

describe('the books', () => {
  /** What to do when the request of a user has reached its provider. */
  const leaving = new Map<string, () => void>()
  const kinds: readonly (() => Promise<unknown>)[] = [
    () => say({}),
    () => say({ stream: true }),
    () => say({ model: 'sim/lorem', stream: true, max_tokens: 5 }),
    () => say({ model: 'sim/embed' }),
    () => say({ model: 'sim/echo+500' }),
    () => say({ model: 'sim/echo+429' }),
    () => say({ model: 'sim/echo+cut', stream: true }),
    () => say({ model: 'sim/flaky', stream: true }),
    () => say({ model: 'sim/nothing' }),
    () => say({}, 'nobody'),
    () => ask(house, '{', { key: env.DEV_KEY }),
    () => leaves({ model: 'priced/silent' }),
    () => leaves({ model: 'sim/lorem+stall=2', stream: true }),
  ]

  test('agree: ledger, metrics and log, whatever became of the requests', async () => {
    const [order = []] = fc.sample(fc.array(fc.nat(kinds.length - 1), { minLength: 80, maxLength: 80 }), {
      numRuns: 1,
      seed: 7,
    })
    upstream.play(({ asked }) => leaving.get((JSON.parse(asked.body) as { user: string }).user)?.())
    await Promise.all(order.map(async i => kinds[i]?.()))
    await settled(house)
    const all = await rows(house)
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length)

    for (const code of new Set(all.map(row => row.code))) {
      expect([code, await counted('requests_total', [`code="${code}"`])]).toEqual([
        code,
        all.filter(row => row.code === code).length,
      ])
    }
    expect(await counted('requests_total')).toBe(all.length)
    expect(await counted('request_duration_seconds_count')).toBe(all.length)
    expect(await counted('upstream_attempts_total')).toBe(sum(all, row => row.attempts.length))
    for (const kind of ['input', 'output', 'cache_read', 'reasoning'] as const) {
      expect(await counted('tokens_total', [`kind="${kind}"`])).toBe(sum(all, row => row.usage?.[kind] ?? 0))
    }
    expect(await counted('cost_usd_total')).toBeCloseTo(
      sum(all, row => Number(row.cost_usd ?? 0)),
      9,
    )

    const lines = await eventually(
      async () => requestLines(),
      found => found.length >= all.length,
    )
    expect(sorted(lines.map(line => String(line.request_id)))).toEqual(sorted(all.map(({ id }) => id)))
    const codes = new Map(all.map(({ id, code }) => [id, code]))
    expect(lines.filter(line => line.code !== codes.get(line.request_id as string))).toEqual([])
  })

  const sorted = (texts: readonly string[]): string[] => texts.toSorted((a, b) => (a < b ? -1 : 1))
  const counted = (name: string, labels: readonly string[] = []) => metric(house, `thalamus_${name}`, labels)
  const sum = (all: readonly Row[], of: (row: Row) => number): number => all.reduce((total, row) => total + of(row), 0)
  const requestLines = () => house.logLines().filter(line => line.event === 'request')

  /** Goes as soon as the request has reached its provider, or its first bytes have come. */
  async function leaves(fields: { readonly model: string; readonly stream?: boolean }): Promise<void> {
    const abort = new AbortController()
    const go = (): void => abort.abort()
    const user = crypto.randomUUID()
    leaving.set(user, go)
    await say({ ...fields, user }, env.DEV_KEY, {}, { signal: abort.signal, heard: go }).catch(() => undefined)
  }
})

/** Fails if it takes longer: the promise is a time. */
async function within(ms: number, act: () => Promise<unknown>): Promise<void> {
  const began = performance.now()
  await act()
  expect(performance.now() - began).toBeLessThan(ms)
}
