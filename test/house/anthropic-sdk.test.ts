import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import Anthropic from '@anthropic-ai/sdk'
import { eventually, rowOf, rows, settled } from '../fakes/ledger.ts'
import { dialects, type Six, startSix } from '../fakes/six.ts'

/** Anthropic's own client, pointed at the running relay, with providers of every other dialect behind it. */

// Processes are started here, and a busy machine may take its time over that.
setDefaultTimeout(20_000)

const keys = { DEV_KEY: 'dev-key-0123456789', NARROW_KEY: 'narrow-key-0123456789', SLOW_KEY: 'slow-key-0123456789' }
let six: Six
let client: Anthropic

const clientOf = (apiKey: string, prefix = '') =>
  new Anthropic({ apiKey, baseURL: six.house.url + prefix, maxRetries: 0 })

beforeAll(async () => {
  six = await startSix({
    config: {
      models: { smart: { targets: ['cohere-chat/echo'] }, other: { targets: ['cohere-chat/lorem'] } },
      keys: [
        { name: 'dev', secret: 'env:DEV_KEY' },
        { name: 'narrow', secret: 'env:NARROW_KEY', models: ['smart', 'cohere-chat/echo'] },
        { name: 'slow', secret: 'env:SLOW_KEY', rpm: 1 },
      ],
    },
    env: keys,
  })
  client = clientOf(keys.DEV_KEY)
})
afterAll(() => six?.stop())

const messages: Anthropic.MessageParam[] = [{ role: 'user', content: 'How are you?' }]
const schema = { type: 'object' as const, properties: { city: { type: 'string' } }, required: ['city'] }
const tools = [{ name: 'weather', description: 'The weather in a city.', input_schema: schema }]
const thinking = { type: 'enabled' as const, budget_tokens: 1024, display: 'summarized' as const }
const max_tokens = 4096
const plain = { messages, max_tokens }

/** The SDK's promises are their own kind, which `rejects` does not know. */
const failure = (asked: PromiseLike<unknown>): PromiseLike<InstanceType<typeof Anthropic.APIError>> =>
  asked.then(
    answered => Promise.reject(new Error(`It was answered: ${JSON.stringify(answered)}`)),
    error => error,
  )

const others = dialects.filter(id => id !== 'anthropic-messages')

const textIn = ({ content }: Anthropic.Message): string =>
  content.map(block => (block.type === 'text' ? block.text : '')).join('')

/** What each request has of its own, and the tier, which Anthropic's streams tell before it can be known here. */
const own = ['id', 'parsed_output', 'signature', 'data', '_request_id', 'service_tier']

/** The same without that. */
const anonymous = (message: Anthropic.Message): object =>
  JSON.parse(JSON.stringify(message, (name, value) => (own.includes(name) ? undefined : value)))

/** Whether a provider is to insist on its own signatures: these have none. */
const signs = (provider: string): string => (['openai-chat', 'cohere-chat'].includes(provider) ? '' : '+signed')

describe.each(others)('over %s', provider => {
  test('a message is answered, and its row tells who answered', async () => {
    const asked = client.messages.create({ ...plain, model: `${provider}/echo` })
    const { data, response, request_id } = await asked.withResponse()
    expect(data).toMatchObject({ type: 'message', role: 'assistant', model: 'echo', stop_reason: 'end_turn' })
    expect([textIn(data), data.id.slice(0, 4)]).toEqual(['How are you?', 'msg_'])
    expect(request_id).toBe(response.headers.get('x-request-id'))
    expect(await rowOf(six.house, response.headers.get('x-request-id') ?? '')).toMatchObject({
      dialect: 'anthropic-messages',
      provider,
      code: 'ok',
      usage: { input: data.usage.input_tokens, output: data.usage.output_tokens },
      lost: [],
    })
  })

  const asks: readonly (readonly [string, string, Partial<Anthropic.MessageCreateParamsNonStreaming>])[] = [
    ['words', 'echo', { system: [{ type: 'text', text: 'Be brief.' }], stop_sequences: ['never'] }],
    ['what the limit cut', 'lorem', { max_tokens: 20 }],
    ['a call', 'tools', { tools }],
    ['calls at once', 'tools+parallel=3', { tools: [...tools, { name: 'clock', input_schema: { type: 'object' } }] }],
    ['a sentence and a call', 'tools+preface', { tools }],
    ['thoughts', 'echo', { thinking }],
    ['thoughts and a call', 'tools', { thinking, tools }],
  ]

  test.each(asks)('a stream of %s is put together to what comes whole', async (_, name, more) => {
    const asked = { ...plain, model: `${provider}/${name}`, ...more }
    const whole = await client.messages.create(asked)
    const streamed = await client.messages.stream(asked).finalMessage()
    expect(anonymous(streamed)).toEqual(anonymous(whole))
  })

  test('the accumulators tell words, thoughts and input as they come', async () => {
    const stream = client.messages.stream({ ...plain, model: `${provider}/tools`, tools })
    const partials: unknown[] = []
    stream.on('inputJson', (_, snapshot) => partials.push(snapshot))
    const message = await stream.finalMessage()
    const [call] = message.content.filter(block => block.type === 'tool_use')
    expect(call).toMatchObject({ name: 'weather', input: { city: expect.any(String) } })
    expect(partials.at(-1)).toEqual(call?.input)
    expect(message.stop_reason).toBe('tool_use')

    const texts: string[] = []
    const spoken = client.messages.stream({ ...plain, model: `${provider}/echo` })
    spoken.on('text', delta => texts.push(delta))
    expect(await spoken.finalText()).toBe('How are you?')
    expect(texts.length).toBeGreaterThan(1)
  })

  test.each([false, true])('calls and thoughts are handed back with the results (streamed: %p)', async streamed => {
    const asked = { ...plain, model: `${provider}/tools+think+parallel=2${signs(provider)}`, tools, thinking }
    const ask = (all: Anthropic.MessageParam[]) =>
      streamed
        ? client.messages.stream({ ...asked, messages: all }).finalMessage()
        : client.messages.create({ ...asked, messages: all })
    const { content } = await ask(messages)
    const results = content
      .filter(block => block.type === 'tool_use')
      .map(({ id }) => ({ type: 'tool_result' as const, tool_use_id: id, content: 'rain' }))
    expect(results).toHaveLength(2)
    const after = await ask([...messages, { role: 'assistant', content }, { role: 'user', content: results }])
    expect([textIn(after), after.stop_reason]).toEqual(['How are you?', 'end_turn'])
  })

  test('a tool that must be called is called, and one that must not is not', async () => {
    const model = `${provider}/tools`
    const choices: Anthropic.ToolChoice[] = [{ type: 'any' }, { type: 'tool', name: 'weather' }, { type: 'auto' }]
    for (const tool_choice of choices) {
      const message = await client.messages.create({ ...plain, model, tools, tool_choice })
      expect(message.content.map(block => block.type)).toContain('tool_use')
    }
    const none = await client.messages.create({ ...plain, model, tools, tool_choice: { type: 'none' } })
    expect(none.content.map(block => block.type)).toEqual(['text'])
  })

  test('an output format is kept to', async () => {
    const { content } = await client.messages.create({
      ...plain,
      model: `${provider}/echo`,
      output_config: { format: { type: 'json_schema', schema: { ...schema, additionalProperties: false } } },
    })
    expect(JSON.parse(textIn({ content } as Anthropic.Message))).toEqual({ city: expect.any(String) })
  })

  test('tokens are estimated, and marked as an estimate', async () => {
    const counted = await client.messages.countTokens({ messages, tools, model: `${provider}/echo` })
    expect(counted).toMatchObject({ thalamus: { estimate: true } })
    expect(counted.input_tokens).toBeWithin(10, 100)
  })

  test('a stream that breaks off is an error, after the words that came', async () => {
    const stream = client.messages.stream({ ...plain, model: `${provider}/lorem+cut=5`, max_tokens: 64 })
    let text = ''
    stream.on('text', delta => {
      text += delta
    })
    const error = await failure(stream.finalMessage())
    expect(text).not.toBe('')
    expect(error).toBeInstanceOf(Anthropic.AnthropicError)
    expect(error.message).toContain('api_error')
    const [row] = await eventually(
      () => rows(six.house),
      ([newest]) => newest?.code === 'upstream_failed',
    )
    expect(row).toMatchObject({ provider, status: 200, stop_reason: null })
  })
})

describe('thoughts', () => {
  test.each(['bedrock-converse', 'anthropic-messages'])(
    'of %s come signed, and one that was changed is found out',
    async provider => {
      const asked = { ...plain, model: `${provider}/echo+think`, thinking }
      const { content } = await client.messages.create(asked)
      const [thought] = content
      if (thought?.type !== 'thinking') throw new Error(`No thought: ${JSON.stringify(content)}`)
      expect(thought.thinking).toContain('Lorem')
      const goOn = (block: Anthropic.ContentBlockParam) =>
        client.messages.create({
          ...asked,
          messages: [...messages, { role: 'assistant', content: [block, ...content.slice(1)] }, ...messages],
        })
      expect(textIn(await goOn(thought))).toBe('How are you?')
      const error = await failure(goOn({ ...thought, thinking: 'I did not.' }))
      expect(error).toBeInstanceOf(Anthropic.BadRequestError)
      expect(error.message).toContain('signature')
    },
  )

  test.each(['bedrock-converse', 'anthropic-messages'])('in secret of %s come and go back unread', async provider => {
    const asked = { ...plain, model: `${provider}/tools+think+redacted+signed`, tools, thinking }
    for (const streamed of [false, true]) {
      const { content } = streamed
        ? await client.messages.stream(asked).finalMessage()
        : await client.messages.create(asked)
      expect(content.map(block => block.type)).toEqual(['thinking', 'redacted_thinking', 'tool_use'])
      const result = { type: 'tool_result' as const, tool_use_id: idOf(content), content: 'rain' }
      const after = await client.messages.create({
        ...asked,
        messages: [...messages, { role: 'assistant', content }, { role: 'user', content: [result] }],
      })
      expect(textIn(after)).toBe('How are you?')
    }
  })

  const idOf = (content: Anthropic.ContentBlock[]): string => content.find(block => block.type === 'tool_use')?.id ?? ''
})

describe('the paths of Anthropic', () => {
  test('stand under /anthropic too', async () => {
    const prefixed = clientOf(keys.DEV_KEY, '/anthropic')
    const asked = { ...plain, model: 'cohere-chat/echo' }
    expect(textIn(await prefixed.messages.create(asked))).toBe('How are you?')
    expect(textIn(await prefixed.messages.stream(asked).finalMessage())).toBe('How are you?')
    expect((await prefixed.messages.countTokens({ messages, model: asked.model })).input_tokens).toBeGreaterThan(0)
    expect((await prefixed.models.list()).data.length).toBeGreaterThan(0)
    expect(await failure(prefixed.messages.create({ ...asked, messages: [] }))).toBeInstanceOf(
      Anthropic.BadRequestError,
    )
  })

  test('take the query of a beta, and what it allows', async () => {
    const asked = { ...plain, model: 'gemini-generate/echo', betas: ['interleaved-thinking-2025-05-14'] }
    const { content } = await client.beta.messages.create(asked)
    expect(content).toMatchObject([{ type: 'text', text: 'How are you?' }])
    const streamed = await client.beta.messages.stream(asked).finalMessage()
    expect(streamed.content).toMatchObject([{ type: 'text', text: 'How are you?' }])
    const counted = await client.beta.messages.countTokens({ messages, model: 'gemini-generate/echo' })
    expect(counted.input_tokens).toBeGreaterThan(0)
  })

  test('hand a beta on to a provider that speaks as the caller does', async () => {
    await six.heard()
    const betas = ['interleaved-thinking-2025-05-14']
    await client.beta.messages.create({ ...plain, model: 'anthropic-messages/echo', betas })
    const [sent] = await six.heard()
    expect(sent?.headers).toMatchObject({ 'anthropic-beta': betas[0], 'x-api-key': 'sk-of-the-providers-0001' })
  })

  test('count tokens by a provider that can', async () => {
    const counted = await client.messages.countTokens({ messages, tools, model: 'anthropic-messages/echo' })
    const { usage } = await client.messages.create({ ...plain, tools, model: 'anthropic-messages/echo' })
    expect(counted).toEqual({ input_tokens: usage.input_tokens })
  })

  test('list the models that a key can reach, and show one', async () => {
    const narrow = clientOf(keys.NARROW_KEY)
    expect((await narrow.models.list()).data.map(({ id }) => id)).toEqual(['smart'])
    expect(await narrow.models.retrieve('smart')).toMatchObject({ type: 'model', id: 'smart' })
    expect(textIn(await narrow.messages.create({ ...plain, model: 'smart' }))).toBe('How are you?')
    expect(await failure(narrow.models.retrieve('other'))).toBeInstanceOf(Anthropic.NotFoundError)
  })
})

describe('errors', () => {
  const cases = [
    {
      name: 'AuthenticationError for a wrong key',
      is: Anthropic.AuthenticationError,
      key: 'nobody',
      has: { status: 401, type: 'authentication_error' },
    },
    {
      name: 'PermissionDeniedError for a model that the key may not use',
      is: Anthropic.PermissionDeniedError,
      key: keys.NARROW_KEY,
      asked: { model: 'cohere-chat/lorem' },
      has: { status: 403, type: 'permission_error' },
    },
    {
      name: 'BadRequestError with the place of the fault',
      is: Anthropic.BadRequestError,
      asked: {
        messages: [{ role: 'user', content: [{ type: 'text', text: 7 }] }] as unknown as Anthropic.MessageParam[],
      },
      has: {
        status: 400,
        type: 'invalid_request_error',
        message: expect.stringContaining("'messages[0].content[0].text'"),
      },
    },
    {
      name: 'NotFoundError for a model that the provider does not know',
      is: Anthropic.NotFoundError,
      asked: { model: 'gemini-generate/nobody' },
      has: { status: 404, type: 'not_found_error' },
    },
    {
      name: 'RateLimitError for the limit of a provider',
      is: Anthropic.RateLimitError,
      asked: { model: 'openai-chat/echo+429=7' },
      has: { status: 429, type: 'rate_limit_error' },
    },
    {
      name: 'InternalServerError for a provider that fails',
      is: Anthropic.InternalServerError,
      asked: { model: 'bedrock-converse/echo+500' },
      has: { status: 502, type: 'api_error' },
    },
    {
      name: 'InternalServerError for a provider that is overloaded',
      is: Anthropic.InternalServerError,
      asked: { model: 'openai-chat/echo+503' },
      has: { status: 503 },
    },
    {
      name: 'InternalServerError for a reply that is none',
      is: Anthropic.InternalServerError,
      asked: { model: 'cohere-chat/echo+html' },
      has: { status: 502, type: 'api_error' },
    },
  ]

  test.each(cases)('$name', async ({ is, key, asked, has }) => {
    const error = await failure(
      clientOf(key ?? keys.DEV_KEY).messages.create({ ...plain, model: 'cohere-chat/echo', ...asked }),
    )
    expect(error).toBeInstanceOf(is)
    expect(error).toMatchObject(has)
    const row = await rowOf(six.house, error.requestID ?? '')
    expect(row.status).toBe(has.status)
  })

  test('RateLimitError for our own limit, with the time to wait', async () => {
    const slow = clientOf(keys.SLOW_KEY)
    await slow.messages.create({ ...plain, model: 'cohere-chat/echo' })
    const error = await failure(slow.messages.create({ ...plain, model: 'cohere-chat/echo' }))
    expect(error).toBeInstanceOf(Anthropic.RateLimitError)
    expect(Number(error.headers?.get('retry-after'))).toBeWithin(1, 61)
  })
})

test('a caller that leaves a translated stream stops its provider, and is settled', async () => {
  const { aborted } = six.sim.stats
  const stream = client.messages.stream({ ...plain, model: 'gemini-generate/lorem+stall=3', max_tokens: 64 })
  for await (const event of stream) if (event.type === 'content_block_delta') break
  await eventually(
    async () => six.sim.stats.aborted,
    now => now > aborted,
  )
  await settled(six.house)
  expect((await rows(six.house))[0]).toMatchObject({ code: 'client_closed', status: 499 })
})

test('after all of this nothing is on its way, and nothing was a failure of ours', async () => {
  await settled(six.house)
  expect(six.sim.stats.inFlight).toBe(0)
  expect(six.house.logLines().filter(line => line.level === 'error')).toEqual([])
})
