import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { known } from '../../src/edge/table.ts'
import { type Answered, ask } from '../fakes/ask.ts'
import { type Row, rows, settled } from '../fakes/ledger.ts'
import { providerKey, type Six, startSix } from '../fakes/six.ts'
import { scriptedUpstream, type Upstream } from '../fakes/upstream.ts'

/**
 * What holds wherever a model is asked: who asks is known, is held to its limits and its models, and is in the books; and
 * nothing but the request itself goes on to the provider. The sockets, on which many requests share one key, are in
 * sockets.test.ts.
 */

// Processes are started here, and a busy machine may take its time over that.
setDefaultTimeout(20_000)

/** A path as it is written for a model, and what may be asked there. */
type Way = {
  readonly path: (model: string) => string
  readonly model: string
  readonly operation: Row['operation']
  readonly fields: object
}

const hi = 'Hello there'
const messages = [{ role: 'user', content: hi }]
const contents = [{ role: 'user', parts: [{ text: hi }] }]
const content = { parts: [{ text: hi }] }

const at = (path: string, operation: Row['operation'], model: string, fields: object): Way => ({
  path: () => path,
  operation,
  model,
  fields,
})

/** Google's callers name the model in the path. */
const google = (
  method: string,
  operation: Row['operation'],
  model: string,
  fields: object,
  version = 'v1beta',
): Way => ({
  ...at('', operation, model, fields),
  path: asked => `/${version}/models/${encodeURIComponent(asked)}:${method}`,
})

const ways: readonly Way[] = [
  at('/v1/chat/completions', 'chat', 'anthropic-messages/echo', { messages }),
  at('/v1/completions', 'completions', 'openai-chat/echo', { prompt: hi }),
  at('/v1/embeddings', 'embeddings', 'gemini-generate/embed', { input: hi }),
  at('/v1/responses', 'chat', 'cohere-chat/echo', { input: hi }),
  at('/v1/responses/compact', 'compact', 'gemini-generate/echo', { input: hi }),
  at('/v1/responses/input_tokens', 'count_tokens', 'openai-responses/echo', { input: hi }),
  at('/v1/messages', 'chat', 'bedrock-converse/echo', { messages, max_tokens: 99 }),
  at('/v1/messages/count_tokens', 'count_tokens', 'anthropic-messages/echo', { messages }),
  at('/anthropic/v1/messages', 'chat', 'openai-responses/echo', { messages, max_tokens: 99 }),
  at('/anthropic/v1/messages/count_tokens', 'count_tokens', 'anthropic-messages/echo', { messages }),
  google('generateContent', 'chat', 'openai-chat/echo', { contents }),
  google('streamGenerateContent', 'chat', 'gemini-generate/echo', { contents }),
  google('embedContent', 'embeddings', 'cohere-chat/embed', { content }),
  google('batchEmbedContents', 'embeddings', 'openai-chat/embed', {
    requests: [{ model: 'models/embed', content }],
  }),
  google('countTokens', 'count_tokens', 'gemini-generate/echo', { contents }),
  google('generateContent', 'chat', 'anthropic-messages/echo', { contents }, 'v1'),
]

const named = ways.map((way, n) => [way.path('{model}').replace('%7Bmodel%7D', '{model}'), way, n] as const)
const keyOf = (n: number): string => `once-only-${n}-0123456789`
const narrow = 'narrow-0123456789'

let six: Six
let elsewhere: Upstream
beforeAll(async () => {
  const once = ways.map((_, n) => ({ name: `once-${n}`, secret: `env:ONCE_${n}`, rpm: 1 }))
  const keys = [
    ...once,
    { name: 'narrow', secret: 'env:NARROW', models: ['sim/*'] },
    { name: 'any', secret: 'env:ANY' },
  ]
  const env = Object.fromEntries(ways.map((_, n) => [`ONCE_${n}`, keyOf(n)]))
  ;[six, elsewhere] = await Promise.all([
    startSix({ config: { keys }, env: { ...env, NARROW: narrow, ANY: any } }),
    scriptedUpstream(),
  ])
})
afterAll(() => Promise.all([six?.stop(), elsewhere?.stop()]))

const any = 'any-key-0123456789'

function say({ path, model, fields }: Way, key: string, headers = {}, query = ''): Promise<Answered> {
  const named = path('').startsWith('/v1beta/') || path('').startsWith('/v1/models/') ? {} : { model }
  const address = path(model) + (query && `?${query}`)
  return ask(six.house, JSON.stringify({ ...named, ...fields }), { path: address, key, headers })
}

const rowsBy = async (name: string): Promise<Row[]> =>
  (await rows(six.house)).filter(row => (row.key?.name ?? '') === name)

test('each path on which a model can be asked is tried here', () => {
  const tried = named.map(([path]) => path)
  expect(known.filter(path => !tried.includes(path))).toEqual([])
})

/** litellm#28216, litellm#19077 and bifrost#2873: a path that goes past what all others are held to. */
describe.each(named)('a caller at %s', (_, way, n) => {
  test('without a key is refused, and nobody is asked', async () => {
    await six.heard()
    const before = (await rowsBy('')).length
    const answered = await say(way, 'nobody')
    expect([answered.status, (await six.heard()).length]).toEqual([401, 0])
    expect((await rowsBy('')).slice(0, -before || undefined)).toMatchObject([{ code: 'unauthenticated', status: 401 }])
  })

  test('is held to its limit, and each request has its row', async () => {
    const answers = [await say(way, keyOf(n)), await say(way, keyOf(n))]
    expect(answers.map(({ status }) => status)).toEqual([200, 429])
    const { model, operation } = way
    expect(await rowsBy(`once-${n}`)).toMatchObject([
      { code: 'rate_limited', attempts: [] },
      { code: 'ok', model_asked: model, operation },
    ])
  })

  test('may ask no model but its own', async () => {
    await six.heard()
    const answered = await say(way, narrow)
    expect([answered.status, (await six.heard()).length]).toEqual([403, 0])
  })

  /** litellm#32202, litellm#12090 and litellm#39158: what callers send in their headers is not the provider's affair. */
  test('has none of its headers passed on, and its key least of all', async () => {
    const canary = 'canary-in-the-mine'
    const headers = Object.fromEntries(canaries.map(name => [name, `${canary}-${n}`]))
    await six.heard()
    const answered = await say(way, any, headers, `x=${canary}`)
    const asked = await six.heard()
    expect([answered.status, asked.length]).toEqual([200, 1])
    for (const heard of asked) {
      const all = JSON.stringify(heard)
      expect([all.includes(canary), all.includes(any)]).toEqual([false, false])
      expect(Object.values(heard.headers).some(value => value.includes(providerKey))).toBe(true)
    }
  })

  /** Portkey#1718, CVE-2025-66405 and CVE-2024-6587: a caller that says which host is to have our key. */
  test('does not choose the host that is sent our key', async () => {
    const { url } = elsewhere
    const host = new URL(url).host
    const headers = Object.fromEntries(
      hosts.map(name => [name, name.endsWith('config') ? `{"custom_host":"${url}"}` : url]),
    )
    await six.heard()
    await say(way, any, { ...headers, 'x-forwarded-host': host, forwarded: `host=${host}` }, `base_url=${url}`)
    expect([elsewhere.asked.length, (await six.heard()).length]).toEqual([0, 1])
  })
})

/** CVE-2026-12772 and its like in litellm: who can reach the callers' port can reach the admin's. */
test.each(['/admin/v1/keys', '/admin/v1/requests', '/admin/v1/providers', '/metrics'])(
  'the callers’ port has nothing at %s, not even for the admin',
  async path => {
    const headers = { authorization: `Bearer ${six.house.adminToken}` }
    const both = [six.house.adminUrl, six.house.url].map(url => fetch(url + path, { headers }))
    expect((await Promise.all(both)).map(({ status }) => status)).toEqual([200, 404])
  },
)

test('after all of this nothing is on its way, and nothing was a failure of ours', async () => {
  await settled(six.house)
  expect(six.house.logLines().filter(line => line.level === 'error')).toEqual([])
})

/** What Anthropic's row lets pass is not among them. */
const canaries = [
  'cookie',
  'api-key',
  'proxy-authorization',
  'openai-organization',
  'openai-project',
  'openai-beta',
  'referer',
  'origin',
  'x-forwarded-for',
  'via',
  'x-real-ip',
  'x-stainless-os',
  'traceparent',
  'baggage',
  'x-request-id',
  'idempotency-key',
  'x-thalamus-user',
  'x-thalamus-session',
  'x-goog-user-project',
  'x-amz-security-token',
  'x-custom',
]

/** As other gateways are told. */
const hosts = [
  'x-portkey-custom-host',
  'x-portkey-config',
  'x-litellm-api-base',
  'x-base-url',
  'x-upstream',
  'x-original-url',
  'x-rewrite-url',
  'destination',
]
