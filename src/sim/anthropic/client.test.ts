import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import Anthropic from '@anthropic-ai/sdk'
import { type Sim, startSim } from '../sim.ts'

let sim: Sim
let client: Anthropic
beforeAll(() => {
  sim = startSim()
  client = new Anthropic({ apiKey: 'sim-key', baseURL: sim.origin, maxRetries: 0 })
})
afterAll(() => sim.stop())

/** What a refusal says. Clients' promises are their own kind, which `rejects` does not know. */
const refusalOf = (asked: PromiseLike<unknown>): PromiseLike<string> =>
  asked.then(
    () => 'answered',
    (error: unknown) => String(error),
  )

const messages = [{ role: 'user' as const, content: 'How are you?' }]
const tools = [
  {
    name: 'weather',
    input_schema: { type: 'object' as const, properties: { city: { type: 'string' } }, required: ['city'] },
  },
]
const thinking = { type: 'enabled' as const, budget_tokens: 1024 }
const max_tokens = 4096

/** The same without what each request has of its own. */
const plain = (message: Anthropic.Message): object =>
  JSON.parse(JSON.stringify(message, (name, value) => (name === 'id' || name === 'parsed_output' ? undefined : value)))

describe('Anthropic’s own client', () => {
  test.each([
    ['text', { model: 'echo', messages, max_tokens }],
    ['thinking', { model: 'echo', messages, max_tokens, thinking }],
    ['calls', { model: 'tools+parallel=2+preface', messages, max_tokens, tools }],
    ['calls that were thought about, in secret too', { model: 'tools+think+redacted', messages, max_tokens, tools }],
    ['what the limit cut', { model: 'lorem', messages, max_tokens: 7 }],
  ])(
    'puts a stream of %s together to what comes whole',
    async (_, params: Anthropic.MessageCreateParamsNonStreaming) => {
      const whole = await client.messages.create(params)
      expect(plain(await client.messages.stream(params).finalMessage())).toEqual(plain(whole))
    },
  )

  test('hands a call and its thinking back with its result', async () => {
    const params = { model: 'tools', messages, max_tokens, tools, thinking }
    const { content, stop_reason } = await client.messages.create(params)
    expect(stop_reason).toBe('tool_use')
    const use = content.find(block => block.type === 'tool_use')
    const result = { type: 'tool_result' as const, tool_use_id: use?.id ?? '', content: 'Rain' }
    const answered = [
      ...messages,
      { role: 'assistant' as const, content },
      { role: 'user' as const, content: [result] },
    ]
    const after = await client.messages.create({ ...params, messages: answered })
    expect(after.content.at(-1)).toMatchObject({ type: 'text', text: 'How are you?' })

    const altered = content.map(block => (block.type === 'thinking' ? { ...block, thinking: 'I did not' } : block))
    const forged = [...messages, { role: 'assistant' as const, content: altered }, ...answered.slice(2)]
    const refused = await client.messages.create({ ...params, messages: forged }).catch(error => error)
    expect(refused).toBeInstanceOf(Anthropic.BadRequestError)
    expect(refused.message).toContain('messages.1.content.0: Invalid `signature`')
  })

  test('hands secret and hidden thinking back', async () => {
    const params = {
      model: 'echo+redacted',
      messages,
      max_tokens,
      thinking: { type: 'adaptive' as const, display: 'omitted' as const },
    }
    const { content } = await client.messages.create(params)
    expect(content.map(({ type }) => type)).toEqual(['thinking', 'redacted_thinking', 'text'])
    expect(content[0]).toMatchObject({ type: 'thinking', thinking: '' })
    const again = [...messages, { role: 'assistant' as const, content }, ...messages]
    expect((await client.messages.create({ ...params, messages: again })).stop_reason).toBe('end_turn')
  })

  test('takes the results of one turn from two messages in a row', async () => {
    const uses = ['a', 'b'].map(id => ({ type: 'tool_use' as const, id, name: 'weather', input: {} }))
    const results = uses.map(({ id }) => ({
      role: 'user' as const,
      content: [{ type: 'tool_result' as const, tool_use_id: id, content: 'Rain' }],
    }))
    const history = [...messages, { role: 'assistant' as const, content: uses }, ...results]
    expect((await client.messages.create({ model: 'echo', messages: history, max_tokens, tools })).stop_reason).toBe(
      'end_turn',
    )
  })

  test('+signed wants every call to come back with its thinking', async () => {
    const call = { type: 'tool_use' as const, id: 'a', name: 'weather', input: {} }
    const result = { type: 'tool_result' as const, tool_use_id: 'a', content: 'Rain' }
    const history = [
      ...messages,
      { role: 'assistant' as const, content: [call] },
      { role: 'user' as const, content: [result] },
    ]
    const ask = (model: string) => client.messages.create({ model, messages: history, max_tokens, tools })
    expect((await ask('echo')).stop_reason).toBe('end_turn')
    expect(await refusalOf(ask('echo+signed'))).toContain('Expected `thinking`')
  })

  test('is told what is in the cache and what was put there', async () => {
    const cache_control = { type: 'ephemeral' as const }
    const long = `${'several words that are here '.repeat(300)}`
    const system = [{ type: 'text' as const, text: long, cache_control }]
    const usage = async () => (await client.messages.create({ model: 'echo', system, messages, max_tokens })).usage
    const first = await usage()
    const second = await usage()
    expect(first.cache_creation_input_tokens).toBeGreaterThan(1024)
    expect(second.cache_read_input_tokens).toBe(first.cache_creation_input_tokens ?? 0)
    expect(second.cache_creation_input_tokens).toBe(0)
    expect(second.input_tokens).toBe(first.input_tokens)
    expect(first.cache_read_input_tokens).toBe(0)
  })

  test('counts tokens and lists the models', async () => {
    const { input_tokens } = await client.messages.countTokens({ model: 'echo', messages, tools })
    const { usage } = await client.messages.create({ model: 'echo', messages, tools, max_tokens })
    expect(input_tokens).toBe(usage.input_tokens)
    expect((await client.models.list()).data.map(({ id }) => id)).toContain('echo')
    expect((await client.models.retrieve('echo')).type).toBe('model')
  })

  test('is told its limits by their own names', async () => {
    const { response } = await client.messages.create({ model: 'echo', messages, max_tokens }).withResponse()
    for (const what of ['requests', 'tokens', 'input-tokens', 'output-tokens']) {
      expect(Number(response.headers.get(`anthropic-ratelimit-${what}-remaining`))).toBeGreaterThan(1000)
      expect(response.headers.get(`anthropic-ratelimit-${what}-reset`)).toMatch(/^\d{4}-\d\d-\d\dT[\d:]{8}Z$/)
    }
  })

  test.each([
    ['echo+429', Anthropic.RateLimitError],
    ['echo+500', Anthropic.InternalServerError],
    ['gpt-9', Anthropic.NotFoundError],
    ['echo+status=403', Anthropic.PermissionDeniedError],
  ])('knows the error of %s', async (model, kind) => {
    expect(await client.messages.create({ model, messages, max_tokens }).catch(error => error)).toBeInstanceOf(kind)
  })

  test('sees an error inside a stream', async () => {
    const stream = client.messages.stream({ model: 'echo+error-after=1', messages, max_tokens })
    expect(await stream.finalMessage().catch(error => error.message)).toContain('Provider returned error')
  })
})
