import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import OpenAI from 'openai'
import { zodResponseFormat } from 'openai/helpers/zod'
import { z } from 'zod'
import { type Sim, startSim } from '../../src/sim/sim.ts'
import { eventually, rowOf, rows, settled } from '../fakes/ledger.ts'
import { startThalamus, type Thalamus } from '../fakes/thalamus.ts'

/** OpenAI's own client, pointed at the running relay as the README says: two lines, and everything else as it was. */

// Processes are started here, and a busy machine may take its time over that.
setDefaultTimeout(20_000)

const keys = { DEV_KEY: 'dev-key-0123456789', NARROW_KEY: 'narrow-key-0123456789', SLOW_KEY: 'slow-key-0123456789' }
let sim: Sim
let house: Thalamus
let client: OpenAI

beforeAll(async () => {
  sim = startSim()
  house = await startThalamus({
    config: {
      providers: { sim: { enabled: true, base_url: sim.url } },
      // What the client tries again is to be seen, so the relay does not.
      defaults: { retry: { attempts: 1 } },
      keys: [
        { name: 'dev', secret: 'env:DEV_KEY' },
        { name: 'narrow', secret: 'env:NARROW_KEY', models: ['sim/embed'] },
        { name: 'slow', secret: 'env:SLOW_KEY', rpm: 1 },
      ],
    },
    env: keys,
  })
  client = clientOf(keys.DEV_KEY)
})
afterAll(() => Promise.all([house?.stop(), sim?.stop()]))

const messages = [{ role: 'user' as const, content: 'How are you?' }]
const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
const tools = [{ type: 'function' as const, function: { name: 'weather', parameters } }]

describe('chat', () => {
  test('is answered, with the id of its row', async () => {
    const answer = await client.chat.completions.create({ model: 'sim/echo', messages })
    expect(answer.choices[0]?.message.content).toBe('How are you?')
    expect(await rowOf(house, answer._request_id ?? '')).toMatchObject({
      code: 'ok',
      model_asked: 'sim/echo',
      model: 'echo',
    })
  })

  test('is answered with as many choices and log probabilities as it asks for', async () => {
    const { choices } = await client.chat.completions.create({ model: 'sim/lorem', messages, n: 2, logprobs: true })
    expect(choices).toHaveLength(2)
    expect(choices[0]?.logprobs?.content?.length).toBeGreaterThan(0)
  })

  test('streams, and tells no usage that was not asked for', async () => {
    const { text, usages } = await readAll({ model: 'sim/echo', messages })
    expect([text, usages]).toEqual(['How are you?', []])
  })

  test('streams with its usage, if that was asked for', async () => {
    const { usages } = await readAll({ model: 'sim/echo', messages, stream_options: { include_usage: true } })
    expect(usages).toEqual([null, null, null, null, null, null, 11])
  })

  test('puts a stream together', async () => {
    const runner = client.chat.completions.stream({ model: 'sim/lorem', messages })
    const texts: string[] = []
    runner.on('content', delta => texts.push(delta))
    const { choices } = await runner.finalChatCompletion()
    expect(choices.map(choice => choice.finish_reason)).toEqual(['stop'])
    expect(texts.join('')).toBe(choices[0]?.message.content ?? '')
  })

  test('parses what a schema asks for', async () => {
    const Plan = z.object({
      title: z.string(),
      steps: z.array(z.object({ minutes: z.number().int().min(1), mood: z.enum(['calm', 'wild']) })),
    })
    const asked = { model: 'sim/echo', messages, response_format: zodResponseFormat(Plan, 'plan') }
    const whole = await client.chat.completions.parse(asked)
    expect(Plan.parse(whole.choices[0]?.message.parsed).steps[0]).toEqual({ minutes: 1, mood: 'calm' })
    const streamed = await client.chat.completions.stream(asked).finalChatCompletion()
    expect(streamed.choices[0]?.message.parsed).toEqual(whole.choices[0]?.message.parsed ?? null)
  })
})

describe('tools', () => {
  test('are called when they must be', async () => {
    const asked = { model: 'sim/echo', messages, tools, tool_choice: 'required' as const }
    const call = (await client.chat.completions.create(asked)).choices[0]?.message.tool_calls?.[0]
    expect(call?.type === 'function' && JSON.parse(call.function.arguments)).toEqual({ city: expect.any(String) })
  })

  test('are called in a stream', async () => {
    const runner = client.chat.completions.stream({ model: 'sim/tools', messages, tools })
    const { choices } = await runner.finalChatCompletion()
    const call = choices[0]?.message.tool_calls?.[0]
    expect(call?.type === 'function' && call.function.name).toBe('weather')
    expect(choices[0]?.finish_reason).toBe('tool_calls')
  })

  test.each([false, true])('run to the end in a loop (streamed: %p)', async stream => {
    let calls = 0
    const weather = {
      name: 'weather',
      description: 'The weather in a city.',
      parameters,
      parse: JSON.parse,
      function: () => `rain ${++calls}`,
    }
    const asked = { model: 'sim/tools', messages, tools: [{ type: 'function' as const, function: weather }] }
    const runner = stream
      ? client.chat.completions.runTools({ ...asked, stream })
      : client.chat.completions.runTools(asked)
    expect(await runner.finalContent()).toBe('How are you?')
    expect(calls).toBe(1)
  })
})

describe('the other operations', () => {
  test('embeds, in base64 and in floats', async () => {
    const { data } = await client.embeddings.create({ model: 'sim/embed', input: ['one', 'two'] })
    const floats = await client.embeddings.create({
      model: 'sim/embed',
      input: ['one', 'two'],
      encoding_format: 'float',
    })
    expect(data.map(each => each.embedding.length)).toEqual([256, 256])
    expect(data[1]?.embedding.map(Math.fround)).toEqual(floats.data[1]?.embedding.map(Math.fround) ?? [])
    expect((await rows(house))[0]).toMatchObject({ operation: 'embeddings', usage: { input: 2, output: 0 } })
  })

  test('completes a prompt, whole and streamed', async () => {
    const answer = await client.completions.create({ model: 'sim/echo', prompt: 'one two' })
    let text = ''
    const stream = await client.completions.create({ model: 'sim/echo', prompt: 'one two', stream: true })
    for await (const chunk of stream) text += chunk.choices[0]?.text ?? ''
    expect([answer.choices[0]?.text, text]).toEqual(['one two', 'one two'])
  })

  test('lists the models, and retrieves one with a slash in its name', async () => {
    const names: string[] = []
    for await (const model of client.models.list()) names.push(model.id)
    expect(names).toContain('sim/echo')
    expect(await client.models.retrieve('sim/echo')).toMatchObject({ id: 'sim/echo', object: 'model', owned_by: 'sim' })
    const narrow = await clientOf(keys.NARROW_KEY).models.list()
    expect(narrow.data.map(model => model.id)).toEqual(['sim/embed'])
  })
})

describe('a caller who leaves in the middle of a stream', () => {
  test.each(['by its signal', 'by breaking off its loop'])(
    '%s stops the provider within 100 ms, and is settled',
    async how => {
      const times: number[] = []
      for (let i = 0; i < 3; i++) times.push(await leave(how === 'by its signal'))
      // The quickest of three: a busy machine may be late, a relay that waits for something always is.
      expect(Math.min(...times)).toBeLessThan(100)
      await settled(house)
      for (const row of (await rows(house)).slice(0, 3)) {
        expect(row).toMatchObject({ code: 'client_closed', status: 499, stream: true, provider: 'sim', usage: null })
      }
    },
  )

  test('before the reply has begun stops the provider, too', async () => {
    const { aborted, begun } = sim.stats
    const abort = new AbortController()
    const asked = client.chat.completions.create({ model: 'sim/echo+silent', messages }, { signal: abort.signal })
    await simSees(() => sim.stats.begun > begun)
    abort.abort()
    expect(await asked.catch(error => error)).toBeInstanceOf(OpenAI.APIUserAbortError)
    await simSees(() => sim.stats.aborted > aborted)
    await settled(house)
    expect((await rows(house))[0]).toMatchObject({ code: 'client_closed', status: 499 })
  })

  /** How long after the caller left the provider noticed. */
  async function leave(bySignal: boolean): Promise<number> {
    const { aborted } = sim.stats
    const stream = await client.chat.completions.create({ model: 'sim/lorem+stall=3', messages, stream: true })
    let left = 0
    for await (const chunk of stream) {
      if (!chunk.choices[0]?.delta.content) continue
      left = performance.now()
      if (!bySignal) break
      stream.controller.abort()
    }
    await simSees(() => sim.stats.aborted > aborted)
    return performance.now() - left
  }
})

describe('errors', () => {
  const cases = [
    {
      name: 'AuthenticationError for a wrong key',
      is: OpenAI.AuthenticationError,
      key: 'nobody',
      asked: {},
      has: { status: 401, code: 'invalid_api_key', type: 'authentication_error', message: /not known here/ },
    },
    {
      name: 'PermissionDeniedError for a model that the key may not use',
      is: OpenAI.PermissionDeniedError,
      key: keys.NARROW_KEY,
      asked: {},
      has: { status: 403, code: 'forbidden', param: 'model', message: /may not use the model 'sim\/echo'/ },
    },
    {
      name: 'NotFoundError for a model that nobody serves',
      is: OpenAI.NotFoundError,
      asked: { model: 'sim/eccho' },
      has: { status: 404, code: 'model_not_found', param: 'model', message: /Did you mean 'sim\/echo'/ },
    },
    {
      name: 'BadRequestError for a field that is wrong',
      is: OpenAI.BadRequestError,
      asked: { messages: [] },
      has: { status: 400, code: 'invalid_request', param: 'messages', message: /at least one message/ },
    },
    {
      name: "BadRequestError in the provider's own words",
      is: OpenAI.BadRequestError,
      asked: { model: 'sim/echo+status=400' },
      has: { status: 400, message: /^400 The sim was asked/ },
    },
    {
      name: "RateLimitError for the provider's limit",
      is: OpenAI.RateLimitError,
      asked: { model: 'sim/echo+429=7' },
      has: { status: 429, code: 'rate_limit_exceeded', message: /Rate limit reached/ },
    },
    {
      name: 'InternalServerError for a provider that breaks off',
      is: OpenAI.InternalServerError,
      asked: { model: 'sim/echo+reset' },
      has: { status: 502, code: 'upstream_failed', message: /closed the connection/ },
    },
  ]

  test.each(cases)('$name', async ({ is, key, asked, has }) => {
    const asking = clientOf(key ?? keys.DEV_KEY).chat.completions.create({ model: 'sim/echo', messages, ...asked })
    const error = await asking.catch(cause => cause)
    expect(error).toBeInstanceOf(is)
    expect(error).toMatchObject({ ...has, message: expect.stringMatching(has.message) })
    expect((await rowOf(house, error.requestID)).status).toBe(has.status)
  })

  test('RateLimitError for our own limit, with the time to wait', async () => {
    const slow = clientOf(keys.SLOW_KEY)
    await slow.chat.completions.create({ model: 'sim/echo', messages })
    const error = await slow.chat.completions.create({ model: 'sim/echo', messages }).catch(cause => cause)
    expect(error).toBeInstanceOf(OpenAI.RateLimitError)
    expect(error).toMatchObject({ code: 'rate_limit_exceeded', type: 'rate_limit_error' })
    expect(error.message).toMatch(/1 times a minute. Try again in \d+ s\./)
    expect(Number(error.headers.get('retry-after'))).toBeWithin(1, 61)
  })

  test.each(['cut', 'close', 'error-after=3+pace=5'])(
    'an APIError inside a stream that breaks off by %s',
    async how => {
      const asked = { model: `sim/echo+${how}`, messages: [{ role: 'user' as const, content: 'a b c d e f g h' }] }
      const error = await readAll(asked).catch(cause => cause)
      expect(error).toBeInstanceOf(OpenAI.APIError)
      expect(error.message).not.toBe('')
    },
  )
})

describe('its own retries', () => {
  test.each([
    ['429=1', 990],
    ['503', 0],
  ])('of %s reach the provider, and wait as long as they are told', async (how, least) => {
    const model = `echo+${how}`
    const began = performance.now()
    const error = await clientOf(keys.DEV_KEY, 1)
      .chat.completions.create({ model: `sim/${model}`, messages: [{ role: 'user', content: `retry ${how}` }] })
      .catch(cause => cause)
    expect(error).toBeInstanceOf(OpenAI.APIError)
    expect(performance.now() - began).toBeGreaterThanOrEqual(least)
    expect(await hits(`retry ${how}`)).toBe(2)
  })

  test('succeed once the provider has recovered, and each try has its row', async () => {
    const asked = { model: 'sim/echo+fail=1', messages: [{ role: 'user' as const, content: 'retry fail' }] }
    const answer = await clientOf(keys.DEV_KEY, 2).chat.completions.create(asked)
    expect(answer.choices[0]?.message.content).toBe('retry fail')
    expect(await hits('retry fail')).toBe(2)
    const [last, first] = await rows(house)
    expect([first?.code, last?.code]).toEqual(['upstream_failed', 'ok'])
  })

  test('do not follow what asking again cannot mend', async () => {
    const asked = { model: 'sim/echo+status=400', messages: [{ role: 'user' as const, content: 'retry 400' }] }
    await clientOf(keys.DEV_KEY, 2)
      .chat.completions.create(asked)
      .catch(() => undefined)
    expect(await hits('retry 400')).toBe(1)
  })

  /** How many requests with these words have reached the provider. */
  async function hits(words: string): Promise<number> {
    const response = await fetch(new URL('/sim/requests', sim.url))
    const seen = (await response.json()) as readonly { readonly body: string }[]
    return seen.filter(({ body }) => body.includes(words)).length
  }
})

describe('after all of this', () => {
  test('nothing is on its way, and nothing was a failure of ours', async () => {
    await settled(house)
    expect(sim.stats.inFlight).toBe(0)
    expect(house.logLines().filter(line => line.level === 'error')).toEqual([])
  })
})

function clientOf(apiKey: string, maxRetries = 0): OpenAI {
  return new OpenAI({ apiKey, baseURL: `${house.url}/v1`, maxRetries })
}

type Streamed = Omit<OpenAI.ChatCompletionCreateParamsStreaming, 'stream'>

async function readAll(asked: Streamed): Promise<{ readonly text: string; readonly usages: readonly unknown[] }> {
  const stream = await client.chat.completions.create({ ...asked, stream: true })
  const usages: unknown[] = []
  let text = ''
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta.content ?? ''
    if (chunk.usage !== undefined) usages.push(chunk.usage?.total_tokens ?? null)
  }
  return { text, usages }
}

const simSees = (what: () => boolean): Promise<boolean> => eventually(async () => what(), Boolean)
