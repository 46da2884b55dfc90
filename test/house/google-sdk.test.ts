import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import {
  ApiError,
  type Content,
  FunctionCallingConfigMode,
  type GenerateContentParameters,
  type GenerateContentResponse,
  GoogleGenAI,
  type Part,
  ThinkingLevel,
} from '@google/genai'
import { rowOf, settled } from '../fakes/ledger.ts'
import { dialects, type Six, startSix } from '../fakes/six.ts'
import { complaintsAbout, complaintsAboutArray } from '../wire/machines/gemini-generate.ts'

/** Google's own client, pointed at the running relay, with providers of every other dialect behind it. */

// Processes are started here, and a busy machine may take its time over that.
setDefaultTimeout(20_000)

const keys = { DEV_KEY: 'dev-key-0123456789', NARROW_KEY: 'narrow-key-0123456789', SLOW_KEY: 'slow-key-0123456789' }
let six: Six
let client: GoogleGenAI

const clientOf = (apiKey: string) => new GoogleGenAI({ apiKey, httpOptions: { baseUrl: six.house.url } })

beforeAll(async () => {
  six = await startSix({
    config: {
      models: { smart: { targets: ['cohere-chat/echo'] }, other: { targets: ['cohere-chat/lorem'] } },
      keys: [
        { name: 'dev', secret: 'env:DEV_KEY' },
        { name: 'narrow', secret: 'env:NARROW_KEY', models: ['smart'] },
        { name: 'slow', secret: 'env:SLOW_KEY', rpm: 1 },
      ],
    },
    env: keys,
  })
  client = clientOf(keys.DEV_KEY)
})
afterAll(() => six?.stop())

const contents = 'How are you?'
const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
const weather = { name: 'weather', description: 'The weather in a city.', parametersJsonSchema: schema }
const clock = { name: 'clock', parametersJsonSchema: { type: 'object', properties: {} } }
const tools = [{ functionDeclarations: [weather, clock] }]
const thinkingConfig = { includeThoughts: true, thinkingBudget: 1024 }

const failure = (asked: Promise<unknown>): Promise<ApiError> =>
  asked.then(
    answered => Promise.reject(new Error(`It was answered: ${JSON.stringify(answered)}`)),
    error => error,
  )

async function streamed(asked: GenerateContentParameters): Promise<readonly GenerateContentResponse[]> {
  return Array.fromAsync(await client.models.generateContentStream(asked))
}

const partsOf = (all: readonly GenerateContentResponse[]): readonly Part[] =>
  all.flatMap(({ candidates }) => candidates?.[0]?.content?.parts ?? [])

/** What the parts amount to, without what each request has of its own. */
function amount(all: readonly GenerateContentResponse[]): object {
  const parts = partsOf(all)
  const last = all.at(-1)
  const said = (thought: boolean) =>
    parts.map(part => ((part.thought ?? false) === thought ? (part.text ?? '') : '')).join('')
  return {
    text: said(false),
    thoughts: said(true),
    calls: parts.flatMap(({ functionCall }) => (functionCall ? [[functionCall.name, functionCall.args]] : [])),
    finish: last?.candidates?.[0]?.finishReason,
    usage: last?.usageMetadata,
  }
}

/** Whether a provider is to insist on its own signatures: these have none. */
const signs = (provider: string): string => (['openai-chat', 'cohere-chat'].includes(provider) ? '' : '+signed')

const others = dialects.filter(id => id !== 'gemini-generate')

describe.each(others)('over %s', provider => {
  test('content is generated, and its row tells who did', async () => {
    const answer = await client.models.generateContent({ model: `${provider}/echo`, contents })
    expect(answer).toMatchObject({ text: contents, modelVersion: 'echo' })
    expect(answer.candidates?.[0]).toMatchObject({ finishReason: 'STOP', content: { role: 'model' } })
    const { promptTokenCount: input, candidatesTokenCount: output } = answer.usageMetadata ?? {}
    const id = answer.sdkHttpResponse?.headers?.['x-request-id'] ?? ''
    expect(await rowOf(six.house, id)).toMatchObject({
      dialect: 'gemini-generate',
      provider,
      code: 'ok',
      usage: { input, output },
      lost: [],
    })
  })

  const asks: readonly (readonly [string, string, GenerateContentParameters['config']])[] = [
    ['words', 'echo', { systemInstruction: 'Be brief.', temperature: 0.5 }],
    ['what the limit cut', 'lorem', { maxOutputTokens: 20 }],
    ['a call', 'tools', { tools }],
    ['calls at once', 'tools+parallel=3', { tools }],
    ['a sentence and a call', 'tools+preface', { tools }],
    ['thoughts', 'echo+think', { thinkingConfig }],
    ['thoughts and a call', 'tools+think', { thinkingConfig, tools }],
  ]

  test.each([...asks])('a stream of %s amounts to what comes whole', async (_, name, config) => {
    const asked = { model: `${provider}/${name}`, contents, ...(config && { config }) }
    expect(amount(await streamed(asked))).toEqual(amount([await client.models.generateContent(asked)]))
  })

  test('words come one after the other', async () => {
    const chunks = await streamed({ model: `${provider}/echo`, contents })
    expect(chunks.map(({ text }) => text ?? '').join('')).toBe(contents)
    expect(chunks.filter(({ text }) => text).length).toBeGreaterThan(1)
  })

  test.each([false, true])('a chat calls tools and hands everything back (streamed: %p)', async stream => {
    const model = `${provider}/tools+think+parallel=2${signs(provider)}`
    const chat = client.chats.create({ model, config: { tools, thinkingConfig } })
    const say = async (message: string | Part[]) =>
      stream ? Array.fromAsync(await chat.sendMessageStream({ message })) : [await chat.sendMessage({ message })]
    const calls = partsOf(await say(contents)).flatMap(({ functionCall }) => functionCall ?? [])
    expect(calls.map(({ name }) => name)).toEqual(['weather', 'clock'])
    const results = calls.map(({ id, name }) => ({
      functionResponse: { ...(id && { id }), ...(name && { name }), response: { output: 'rain' } },
    }))
    expect(amount(await say(results))).toMatchObject({ text: contents, calls: [], finish: 'STOP' })
    const again = partsOf(await say('And now?')).flatMap(({ functionCall }) => functionCall ?? [])
    expect(again.map(({ name }) => name)).toEqual(['weather', 'clock'])
  })

  test('a tool that must be called is called, and one that must not is not', async () => {
    const asked = (functionCallingConfig: object) =>
      client.models.generateContent({
        model: `${provider}/tools`,
        contents,
        config: { tools, toolConfig: { functionCallingConfig } },
      })
    const clocks = await asked({ mode: FunctionCallingConfigMode.ANY, allowedFunctionNames: ['clock'] })
    expect(clocks.functionCalls?.map(({ name }) => name)).toEqual(['clock'])
    const none = await asked({ mode: FunctionCallingConfigMode.NONE })
    expect([none.text, none.functionCalls]).toEqual([contents, undefined])
  })

  test('a schema is filled, in JSON Schema and in Google’s own', async () => {
    const own = { type: 'OBJECT', properties: { city: { type: 'STRING' } }, required: ['city'] }
    for (const how of [{ responseJsonSchema: schema }, { responseSchema: own }]) {
      const config = { responseMimeType: 'application/json', ...how }
      const { text = '' } = await client.models.generateContent({ model: `${provider}/echo`, contents, config })
      expect(JSON.parse(text)).toEqual({ city: expect.any(String) })
    }
  })

  test('tokens are estimated, and marked as an estimate', async () => {
    const response = await post(`/v1beta/models/${provider}/echo:countTokens`, { contents: said(contents) })
    expect(await response.json()).toEqual({ totalTokens: expect.any(Number), thalamus: { estimate: true } })
    const counted = await client.models.countTokens({ model: `${provider}/echo`, contents: contents.repeat(100) })
    expect(counted.totalTokens).toBeWithin(300, 600)
  })

  test('a stream comes as one array without alt=sse, and as events with it', async () => {
    const path = `/v1beta/models/${provider}/tools+preface:streamGenerateContent`
    const body = { contents: said(contents), tools }
    const array = await post(path, body)
    expect(array.headers.get('content-type')).toStartWith('application/json')
    const text = await array.text()
    expect(complaintsAboutArray(text)).toEqual([])
    const events = await (await post(`${path}?alt=sse`, body)).text()
    expect(complaintsAbout(events)).toEqual([])
    const chunks = JSON.parse(text) as GenerateContentResponse[]
    expect(amount(chunks)).toMatchObject({
      // What Cohere's models say before a call is a plan, which is a thought.
      [provider === 'cohere-chat' ? 'thoughts' : 'text']: 'I will call weather.',
      calls: [['weather', expect.any(Object)]],
    })
  })

  test('an array that breaks off ends with an error', async () => {
    const path = `/v1beta/models/${provider}/lorem+cut=5:streamGenerateContent`
    const chunks = JSON.parse(await (await post(path, { contents: said(contents) })).text())
    expect(chunks.length).toBeGreaterThan(1)
    expect(chunks.at(-1)).toMatchObject({ error: { code: 502, status: expect.any(String) } })
  })

  test('a stream that breaks off is an error, after the words that came', async () => {
    let text = ''
    const read = async () => {
      const stream = await client.models.generateContentStream({ model: `${provider}/lorem+cut=5`, contents })
      for await (const chunk of stream) text += chunk.text ?? ''
    }
    const error = await failure(read())
    expect(text).not.toBe('')
    expect(error).toBeInstanceOf(Error)
    expect(error.message).toContain('closed the connection')
  })
})

const said = (text: string): readonly Content[] => [{ role: 'user', parts: [{ text }] }]

const post = (path: string, body: object): Promise<Response> =>
  fetch(six.house.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-goog-api-key': keys.DEV_KEY },
    body: JSON.stringify(body),
  })

describe('thought signatures', () => {
  test.each(['anthropic-messages', 'openai-responses', 'bedrock-converse', 'gemini-generate'])(
    'of %s come with a call, and the call is refused without them',
    async provider => {
      const asked = { model: `${provider}/tools+think+signed`, config: { tools, thinkingConfig } }
      const { candidates } = await client.models.generateContent({ ...asked, contents })
      const content = candidates?.[0]?.content
      const [call] = content?.parts?.flatMap(({ functionCall }) => functionCall ?? []) ?? []
      expect(JSON.stringify(content)).toContain('"thoughtSignature"')
      const result = { functionResponse: { ...call, args: undefined, response: { output: 'rain' } } }
      const goOn = (model: Content) =>
        client.models.generateContent({
          ...asked,
          contents: [...said(contents), model, { role: 'user', parts: [result] }],
        })
      expect((await goOn(content ?? {})).text).toBe(contents)
      const bare = JSON.stringify(content, (name, value) => (name === 'thoughtSignature' ? undefined : value))
      expect(await failure(goOn(JSON.parse(bare)))).toMatchObject({ status: 400 })
    },
  )
})

describe('the paths of Google', () => {
  test('stand under v1 too, with and without models/', async () => {
    const newest = new GoogleGenAI({ apiKey: keys.DEV_KEY, apiVersion: 'v1', httpOptions: { baseUrl: six.house.url } })
    for (const model of ['smart', 'models/smart', 'cohere-chat/echo'])
      expect((await newest.models.generateContent({ model, contents })).text).toBe(contents)
  })

  test('take the key as a query', async () => {
    const body = JSON.stringify({ contents: said(contents) })
    const headers = { 'content-type': 'application/json' }
    const at = `${six.house.url}/v1beta/models/smart:generateContent`
    const ask = (key: string) => fetch(`${at}?key=${key}`, { method: 'POST', headers, body })
    expect((await ask(keys.DEV_KEY)).status).toBe(200)
    expect((await ask('nobody')).status).toBe(401)
  })

  test('list the models that a key can reach, and show one', async () => {
    const narrow = clientOf(keys.NARROW_KEY)
    const listed = await Array.fromAsync(await narrow.models.list())
    expect(listed.map(({ name }) => name)).toEqual(['models/smart'])
    expect(await narrow.models.get({ model: 'smart' })).toMatchObject({ name: 'models/smart' })
    expect(await failure(narrow.models.get({ model: 'other' }))).toMatchObject({ status: 404 })
  })

  test('count tokens by a provider that can', async () => {
    const asked = { model: 'gemini-generate/echo', contents }
    const counted = await client.models.countTokens(asked)
    const { usageMetadata } = await client.models.generateContent(asked)
    expect(counted.totalTokens).toBe(usageMetadata?.promptTokenCount)
  })

  test('cannot embed where nobody makes vectors, and say so', async () => {
    const error = await failure(client.models.embedContent({ model: 'bedrock-converse/embed', contents: 'one' }))
    expect(error.status).toBe(400)
    expect(error.message).toContain("'embeddings' of gemini-generate cannot be told to it")
  })

  test('know levels of thinking', async () => {
    const config = { thinkingConfig: { thinkingLevel: ThinkingLevel.LOW, includeThoughts: true } }
    const answer = await client.models.generateContent({ model: 'openai-responses/echo', contents, config })
    expect(answer.candidates?.[0]?.content?.parts?.[0]?.thought).toBe(true)
    expect(answer.usageMetadata?.thoughtsTokenCount).toBe(64)
  })
})

describe('errors', () => {
  const cases = [
    { name: 'a wrong key', key: 'nobody', status: 401, says: 'not known here' },
    { name: 'a model that the key may not use', key: keys.NARROW_KEY, status: 403, says: 'may not use' },
    {
      name: 'a request that is wrong',
      asked: { contents: [{ role: 'user', parts: [{ text: 7 }] }] as unknown as Content[] },
      status: 400,
      says: 'contents[0].parts[0].text',
    },
    {
      name: 'a model that the provider does not know',
      asked: { model: 'anthropic-messages/nobody' },
      status: 404,
      says: 'nobody',
    },
    { name: 'the limit of a provider', asked: { model: 'openai-chat/echo+429=7' }, status: 429, says: 'Rate limit' },
    { name: 'a provider that fails', asked: { model: 'bedrock-converse/echo+500' }, status: 502, says: '500' },
    { name: 'a reply that is none', asked: { model: 'cohere-chat/echo+html' }, status: 502, says: 'not a JSON object' },
  ]

  test.each(cases)('an ApiError for $name', async ({ key, asked, status, says }) => {
    const error = await failure(
      clientOf(key ?? keys.DEV_KEY).models.generateContent({ model: 'cohere-chat/echo', contents, ...asked }),
    )
    expect(error).toBeInstanceOf(ApiError)
    expect(error.status).toBe(status)
    expect(error.message).toContain(says)
    const { thalamus } = JSON.parse(error.message)
    expect((await rowOf(six.house, thalamus.request_id)).status).toBe(status)
  })

  test('an ApiError for our own limit', async () => {
    const slow = clientOf(keys.SLOW_KEY)
    await slow.models.generateContent({ model: 'cohere-chat/echo', contents })
    const error = await failure(slow.models.generateContent({ model: 'cohere-chat/echo', contents }))
    expect(error).toMatchObject({ status: 429, message: expect.stringContaining('RESOURCE_EXHAUSTED') })
  })
})

test('after all of this nothing is on its way, and nothing was a failure of ours', async () => {
  await settled(six.house)
  expect(six.sim.stats.inFlight).toBe(0)
  expect(six.house.logLines().filter(line => line.level === 'error')).toEqual([])
})
