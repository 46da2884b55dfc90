import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { ApiError, GoogleGenAI } from '@google/genai'
import OpenAI from 'openai'
import { type Answered, ask } from '../fakes/ask.ts'
import { rowOf, rows, settled } from '../fakes/ledger.ts'
import { providerKey, providersAt, type Six, startSix } from '../fakes/six.ts'
import { startThalamus, type Thalamus } from '../fakes/thalamus.ts'
import { reply, scriptedUpstream, type Upstream } from '../fakes/upstream.ts'

/** Embeddings for the callers of two dialects, from the providers of three: by the official SDKs, and what is sent for them. */

// Processes are started here, and a busy machine may take its time over that.
setDefaultTimeout(20_000)

const makers = ['openai-chat', 'gemini-generate', 'cohere-chat'] as const
const others = ['bedrock-converse', 'anthropic-messages', 'openai-responses'] as const

/** Names whose first target cannot embed, and whose second fails so; the third is asked at last. */
const ladders = [
  ['openai-at-last', 500, 'openai-chat'],
  ['cohere-at-last', 503, 'cohere-chat'],
  ['google-at-last', 429, 'gemini-generate'],
] as const

/** Its first target's replies are the test's own. */
const mended = { targets: ['broken/embed', 'gemini-generate/embed'], retry: { attempts: 2 } }

let six: Six
let upstream: Upstream
let scripted: Thalamus
let openai: OpenAI
let google: GoogleGenAI

beforeAll(async () => {
  const models = Object.fromEntries(
    ladders.map(([name, status, provider]) => [
      name,
      {
        targets: ['bedrock-converse/embed', `gemini-generate/embed+${status}`, `${provider}/embed`],
        retry: { attempts: 3 },
      },
    ]),
  )
  upstream = await scriptedUpstream()
  const broken = providersAt(new URL(upstream.url).origin)['cohere-chat']
  ;[six, scripted] = await Promise.all([
    startSix({
      config: { models: { ...models, mended }, providers: { broken }, defaults: { retry: { attempts: 1 } } },
    }),
    startThalamus({
      config: { providers: providersAt(new URL(upstream.url).origin), defaults: { retry: { attempts: 1 } } },
      env: { PROVIDER_KEY: providerKey },
    }),
  ])
  openai = new OpenAI({ baseURL: `${six.house.url}/v1`, apiKey: six.house.key, maxRetries: 0 })
  google = new GoogleGenAI({ apiKey: six.house.key, httpOptions: { baseUrl: six.house.url } })
})
afterAll(() => Promise.all([six?.stop(), scripted?.stop(), upstream?.stop()]))

const texts = ['The red house', 'a red horse', 'quick brown fox']
const tokens = 9

/** The vectors as the sim makes them, without the relay in between. */
async function direct(size: number): Promise<readonly number[][]> {
  const response = await fetch(`${six.sim.origin}/v1/embeddings`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${providerKey}` },
    body: JSON.stringify({ model: 'embed', input: texts, dimensions: size }),
  })
  const { data } = (await response.json()) as { readonly data: readonly { readonly embedding: number[] }[] }
  return data.map(({ embedding }) => embedding)
}

describe.each(makers)("vectors of %s's", provider => {
  const model = `${provider}/embed`

  test.each(['float', 'base64'] as const)("are what OpenAI's client asks for, as %s", async encoding_format => {
    const { data: answer, response } = await openai.embeddings
      .create({ model, input: texts, dimensions: 8, encoding_format })
      .withResponse()
    // In base64 this client leaves the text as it is, where it was asked for by name.
    const vectors = answer.data.map(({ embedding }) =>
      typeof embedding === 'string'
        ? [...new Float32Array(Uint8Array.from(Buffer.from(embedding, 'base64')).buffer)]
        : embedding,
    )
    expect(vectors).toEqual([...(await direct(8))])
    expect(answer.data.map(({ index }) => index)).toEqual([0, 1, 2])
    expect(answer).toMatchObject({ model: 'embed', usage: { prompt_tokens: tokens, total_tokens: tokens } })
    expect(await rowOf(six.house, response.headers.get('x-request-id') ?? '')).toMatchObject({
      operation: 'embeddings',
      provider,
      code: 'ok',
      usage: { input: tokens, output: 0 },
      lost: [],
    })
  })

  test("are what Google's client asks for, one and several", async () => {
    const config = { outputDimensionality: 8 }
    const several = await google.models.embedContent({ model, contents: texts, config })
    const one = await google.models.embedContent({ model, contents: texts.slice(0, 1), config })
    expect(several.embeddings?.map(({ values }) => values)).toEqual([...(await direct(8))])
    expect(one.embeddings?.[0]).toEqual(several.embeddings?.[0])
  })

  test('come for a single content as a single vector', async () => {
    const body = JSON.stringify({ content: { parts: [{ text: texts[0] }] }, outputDimensionality: 8 })
    const answered = await ask(six.house, body, { path: `/v1beta/models/${model}:embedContent` })
    expect(answered.json()).toEqual({
      embedding: { values: (await direct(8))[0] },
      usageMetadata: { promptTokenCount: 3 },
    })
  })

  test('have no usage where the provider tells none', async () => {
    const answer = await openai.embeddings.create({ model: `${model}+no-usage`, input: 'x' })
    expect(answer.usage).toBeUndefined()
    expect((await rows(six.house))[0]).toMatchObject({ usage: null, cost_usd: null })
  })

  test("fail in the caller's own words", async () => {
    const error = await failure(openai.embeddings.create({ model: `${model}+429=7`, input: 'x' }))
    expect(error).toBeInstanceOf(OpenAI.RateLimitError)
    const other = await failure(google.models.embedContent({ model: `${model}+429=8`, contents: 'x' }))
    expect(other).toBeInstanceOf(ApiError)
    expect(other).toMatchObject({ status: 429 })
  })
})

const failure = (asked: Promise<unknown>): Promise<Error & { readonly status?: number }> =>
  asked.then(
    answered => Promise.reject(new Error(`It was answered: ${JSON.stringify(answered)}`)),
    error => error,
  )

/** What is asked in OpenAI's words, and in Google's. */
const inOpenai = (model: string, more: object = {}, headers = {}, at: Thalamus = six.house): Promise<Answered> =>
  ask(at, JSON.stringify({ model, input: ['one', 'two'], ...more }), { path: '/v1/embeddings', headers })

const inGoogle = (model: string, more: object = {}, headers = {}, at: Thalamus = six.house): Promise<Answered> => {
  const requests = ['one', 'two'].map(text => ({ model: `models/${model}`, content: { parts: [{ text }] }, ...more }))
  return ask(at, JSON.stringify({ requests }), { path: `/v1beta/models/${model}:batchEmbedContents`, headers })
}

const onlyBody = async (): Promise<unknown> => {
  const heard = await six.heard()
  expect(heard).toHaveLength(1)
  return { path: heard[0]?.path, ...(JSON.parse(heard[0]?.body ?? '{}') as object) }
}

describe('a provider is sent what was said, and no more:', () => {
  const google = (text: string, more: object = {}) => ({
    model: 'models/embed',
    content: { parts: [{ text }] },
    ...more,
  })
  const cohere = { path: '/v2/embed', model: 'embed', texts: ['one', 'two'], embedding_types: ['float'] }

  test.each<[string, () => Promise<Answered>, object]>([
    [
      "Google, in OpenAI's words",
      () => inOpenai('gemini-generate/embed', { dimensions: 8, encoding_format: 'base64', input_type: 'query' }),
      {
        path: '/v1beta/models/embed:batchEmbedContents',
        requests: ['one', 'two'].map(text => google(text, { taskType: 'RETRIEVAL_QUERY', outputDimensionality: 8 })),
      },
    ],
    [
      'Google, one text',
      () => inOpenai('gemini-generate/embed', { input: 'one' }),
      { path: '/v1beta/models/embed:embedContent', ...google('one') },
    ],
    ["Cohere, in OpenAI's words", () => inOpenai('cohere-chat/embed'), { ...cohere, input_type: 'search_document' }],
    [
      "Cohere, in Google's words",
      () =>
        inGoogle('cohere-chat/embed', {
          embedContentConfig: { taskType: 'RETRIEVAL_QUERY', outputDimensionality: 8, autoTruncate: false },
        }),
      { ...cohere, input_type: 'search_query', output_dimension: 8, truncate: 'NONE' },
    ],
    [
      "OpenAI, in Google's words",
      () => inGoogle('openai-chat/embed', { outputDimensionality: 8 }),
      { path: '/v1/embeddings', model: 'embed', input: ['one', 'two'], dimensions: 8 },
    ],
  ])('%s', async (_, asking, sent) => {
    await six.heard()
    expect((await asking()).status).toBe(200)
    expect(await onlyBody()).toEqual(sent)
  })
})

describe('what has no place is told in the words of the caller, or refused to a strict one:', () => {
  type Asking = (headers: Readonly<Record<string, string>>) => Promise<Answered>
  test.each<[string, Asking, string[]]>([
    ['user', headers => inOpenai('gemini-generate/embed', { user: 'u' }, headers), ['user']],
    ['user and more', headers => inOpenai('cohere-chat/embed', { user: 'u', x: 1 }, headers), ['user', 'x']],
    [
      'fields of others, by the names that we have for something else',
      headers => inOpenai('cohere-chat/embed', { task: 'x', truncate: 'END', input_type: 7, constructor: 1 }, headers),
      ['constructor', 'input_type', 'task', 'truncate'],
    ],
    [
      'task and title',
      headers => inGoogle('openai-chat/embed', { taskType: 'CLUSTERING', title: 't' }, headers),
      ['requests[0].taskType', 'requests[0].title', 'requests[1].title'],
    ],
    [
      'a task in the newer config',
      headers => inGoogle('cohere-chat/embed', { embedContentConfig: { taskType: 'SEMANTIC_SIMILARITY' } }, headers),
      ['requests[0].embedContentConfig.taskType'],
    ],
  ])('%s', async (_, asking, lost) => {
    const answered = await asking({})
    expect(answered.status).toBe(200)
    expect(answered.headers.get('x-thalamus-lost')?.split(', ').sort()).toEqual(lost)
    expect([...(await rowOf(six.house, answered.id)).lost].sort()).toEqual(lost)
    await six.heard()
    const refused = await asking({ 'x-thalamus-strict': '1' })
    expect(refused.status).toBe(400)
    for (const name of lost) expect(refused.text).toContain(name)
    expect(await six.heard()).toEqual([])
  })
})

describe('who cannot make them', () => {
  test.each(others)('is not asked, and the caller is told: %s', async provider => {
    await six.heard()
    const answered = await inOpenai(`${provider}/embed`)
    expect([answered.status, answered.text]).toEqual([400, expect.stringContaining(`speaks ${provider}: 'embeddings'`)])
    expect(await six.heard()).toEqual([])
  })

  test.each(ladders)('is passed over for another, as is one that fails: %s', async (name, status) => {
    const answered = await inOpenai(name)
    expect(answered.json()).toMatchObject({ data: [{ index: 0 }, { index: 1 }] })
    const { attempts } = await rowOf(six.house, answered.id)
    expect(attempts.map(each => each.status)).toEqual([null, status, 200])
  })
})

describe('what one dialect alone can say', () => {
  const apart = { taskType: 'CLUSTERING' }
  const differing = (model: string): Promise<Answered> => {
    const requests = [apart, {}].map(more => ({ model, content: { parts: [{ text: 'x' }] }, ...more }))
    return ask(six.house, JSON.stringify({ requests }), { path: `/v1beta/models/${model}:batchEmbedContents` })
  }

  test.each<[string, () => Promise<Answered>, string]>([
    ['tokens, to Google', () => inOpenai('gemini-generate/embed', { input: [1, 2] }), 'input'],
    ['lists of tokens, to Cohere', () => inOpenai('cohere-chat/embed', { input: [[1], [2]] }), 'input[0]'],
    ['wishes that differ, to OpenAI', () => differing('openai-chat/embed'), 'requests[1].taskType'],
  ])('is refused with its place by others: %s', async (_, asking, place) => {
    await six.heard()
    const answered = await asking()
    expect([answered.status, answered.text]).toEqual([400, expect.stringContaining(`'${place}'`)])
    expect(await six.heard()).toEqual([])
  })

  test('goes to those who understand it', async () => {
    expect((await inOpenai('openai-chat/embed', { input: [[1], [2]] })).status).toBe(200)
    expect((await differing('gemini-generate/embed')).status).toBe(200)
    expect((await inOpenai('openai-at-last', { input: [1, 2] })).status).toBe(200)
  })

  test('even if a text has the mark of what is sealed in it', async () => {
    const { embeddings: [vector] = [] } = await google.models.embedContent({
      model: 'gemini-generate/embed',
      contents: 'thal1.x',
    })
    expect(vector?.values).toHaveLength(256)
    expect((await inOpenai('openai-chat/embed', { input: 'thal1.x', user: 'u' })).status).toBe(200)
  })
})

describe('a request that is wrong is refused with the place, and nobody is asked:', () => {
  test.each<[string, () => Promise<Answered>, string]>([
    ['an empty text', () => inOpenai('cohere-at-last', { input: ['a', ''] }), "'input[1]'"],
    ['an empty list', () => inOpenai('gemini-generate/embed', { input: [] }), "'input'"],
    ['dimensions in words', () => inOpenai('cohere-chat/embed', { dimensions: 'many' }), "'dimensions'"],
    [
      'an empty content',
      () => inGoogle('openai-chat/embed', { content: { parts: [] } }),
      "'requests[0].content.parts'",
    ],
  ])('%s', async (_, asking, place) => {
    await six.heard()
    const answered = await asking()
    expect([answered.status, answered.text]).toEqual([400, expect.stringContaining(place)])
    expect((await six.heard()).map(({ path }) => path)).toEqual([])
  })
})

describe('a reply that nobody can mean is an error', () => {
  const good = [0.5, -0.5]
  const replies: Readonly<Record<(typeof makers)[number], (vectors: readonly unknown[]) => object>> = {
    'openai-chat': vectors => ({ data: vectors.map((embedding, index) => ({ index, embedding })) }),
    'gemini-generate': vectors => ({ embeddings: vectors.map(values => ({ values })) }),
    'cohere-chat': float => ({ embeddings: { float } }),
  }
  const damages: readonly (readonly [string, readonly unknown[]])[] = [
    ['no vectors', []],
    ['one too few', [good]],
    ['one too many', [good, good, good]],
    ['numbers as strings', [good, ['0.5']]],
    ['a vector of nothing', [good, []]],
    ['a null', [good, null]],
  ]
  const cases = makers.flatMap(provider => damages.map(([name, vectors]) => [provider, name, vectors] as const))

  test.each(cases)('by %s: %s', async (provider, _, vectors) => {
    upstream.play(reply(JSON.stringify(replies[provider](vectors))))
    const asking = provider === 'openai-chat' ? inGoogle : inOpenai
    const answered = await asking(`${provider}/embed-${vectors.length}`, {}, {}, scripted)
    expect(answered.status).toBe(502)
    expect(answered.json()).toMatchObject({ thalamus: { code: 'upstream_failed' } })
    expect(await rowOf(scripted, answered.id)).toMatchObject({ code: 'upstream_failed', usage: null })
  })

  const lacking = damages.filter(([name]) =>
    ['no vectors', 'one too few', 'a vector of nothing', 'a null'].includes(name),
  )
  const same = (['openai-chat', 'gemini-generate'] as const).flatMap(provider =>
    lacking.map(([name, vectors]) => [provider, name, vectors] as const),
  )
  test.each(same)('between two that speak %s: %s', async (provider, _, vectors) => {
    upstream.play(reply(JSON.stringify(replies[provider](vectors))))
    const asking = provider === 'openai-chat' ? inOpenai : inGoogle
    const answered = await asking(`${provider}/embed-same`, {}, {}, scripted)
    expect([answered.status, answered.text]).toEqual([502, expect.stringContaining('vectors for 2 inputs')])
  })

  test('and one that can be meant is none', async () => {
    for (const provider of makers) {
      upstream.play(reply(JSON.stringify(replies[provider]([good, good]))))
      const asking = provider === 'openai-chat' ? inGoogle : inOpenai
      expect((await asking(`${provider}/embed-good`, {}, {}, scripted)).text).toContain('[0.5,-0.5]')
    }
  })

  test('for which another target is asked, if there is one', async () => {
    upstream.play(reply(JSON.stringify(replies['cohere-chat']([good]))))
    const answered = await inOpenai('mended', { dimensions: 4 })
    expect(answered.json()).toMatchObject({ data: [{ index: 0 }, { index: 1 }], usage: { prompt_tokens: 2 } })
    const { attempts, provider } = await rowOf(six.house, answered.id)
    expect([provider, attempts.map(({ outcome }) => outcome)]).toEqual(['gemini-generate', ['upstream_failed', 'ok']])
  })

  test('as is one that is cut off, or no UTF-8', async () => {
    for (const damaged of ['{"embeddings":{"float":[[0.5,', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])]) {
      upstream.play(reply(damaged.toString('latin1'), { headers: { 'content-length': `${damaged.length}` } }))
      expect((await inOpenai('cohere-chat/embed-cut', {}, {}, scripted)).status).toBe(502)
    }
  })
})

test('nothing is left on its way', async () => {
  expect(await settled(six.house)).toBe(0)
})
