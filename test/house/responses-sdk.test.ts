import { Database } from 'bun:sqlite'
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { join } from 'node:path'
import OpenAI from 'openai'
import { zodTextFormat } from 'openai/helpers/zod'
import { ResponsesWS } from 'openai/resources/responses/ws'
import { z } from 'zod'
import { rowOf, settled } from '../fakes/ledger.ts'
import { dialects, type Six, startSix } from '../fakes/six.ts'
import { soon } from '../fakes/thalamus.ts'

/** OpenAI's own client, asking for Responses of providers that have never heard of them. */

// Processes are started here, and a busy machine may take its time over that.
setDefaultTimeout(20_000)

const keys = { DEV_KEY: 'dev-key-0123456789', OTHER_KEY: 'other-key-0123456789', SLOW_KEY: 'slow-key-0123456789' }
let six: Six
let client: OpenAI
let stranger: OpenAI

const clientOf = (apiKey: string) => new OpenAI({ apiKey, baseURL: `${six.house.url}/v1`, maxRetries: 0 })

beforeAll(async () => {
  six = await startSix({
    config: {
      keys: [
        { name: 'dev', secret: 'env:DEV_KEY' },
        { name: 'other', secret: 'env:OTHER_KEY' },
        { name: 'slow', secret: 'env:SLOW_KEY', rpm: 1 },
      ],
    },
    env: keys,
  })
  client = clientOf(keys.DEV_KEY)
  stranger = clientOf(keys.OTHER_KEY)
})
afterAll(() => six?.stop())

const input = 'How are you?'
const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
const weather = { type: 'function' as const, name: 'weather', parameters, strict: false }

/** The SDK's promises are their own kind, which `rejects` does not know. */
const failure = (asked: PromiseLike<unknown>): PromiseLike<InstanceType<typeof OpenAI.APIError>> =>
  asked.then(
    answered => Promise.reject(new Error(`It was answered: ${JSON.stringify(answered)}`)),
    error => error,
  )

describe.each(dialects.filter(id => id !== 'openai-responses'))('over %s', provider => {
  test('a response is created, and its row tells who made it', async () => {
    const answer = await client.responses.create({ model: `${provider}/echo`, input })
    expect(answer).toMatchObject({ object: 'response', status: 'completed', model: 'echo', output_text: input })
    expect(answer.completed_at).toBeGreaterThanOrEqual(answer.created_at)
    expect(answer.id).toMatch(/^resp_/)
    const { input_tokens = 0, output_tokens = 0, total_tokens } = answer.usage ?? {}
    expect(total_tokens).toBe(input_tokens + output_tokens)
    expect(await rowOf(six.house, answer._request_id ?? '')).toMatchObject({
      dialect: 'openai-responses',
      provider,
      code: 'ok',
      stop_reason: expect.any(String),
      usage: { input: input_tokens, output: output_tokens },
      lost: [],
    })
  })

  test('what a limit cut is incomplete', async () => {
    const answer = await client.responses.create({ model: `${provider}/lorem`, input, max_output_tokens: 20 })
    expect(answer).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } })
    expect(answer.usage?.output_tokens).toBe(20)
  })

  test('a stream is put together to what comes whole', async () => {
    const asked = {
      model: `${provider}/echo`,
      input: 'Some more words, of which there are a few.',
      instructions: 'Be brief.',
    }
    const whole = await client.responses.create(asked)
    const stream = client.responses.stream(asked)
    const types: string[] = []
    let text = ''
    for await (const event of stream) {
      types.push(event.type)
      if (event.type === 'response.output_text.delta') text += event.delta
    }
    const final = await stream.finalResponse()
    expect([types[0], types[1], types.at(-1)]).toEqual([
      'response.created',
      'response.in_progress',
      'response.completed',
    ])
    expect([text, final.output_text]).toEqual([whole.output_text, whole.output_text])
    expect(final.usage as unknown).toEqual(whole.usage)
  })

  test.each([false, true])('tools are called, and their results go back (streamed: %p)', async streamed => {
    const asked = { model: `${provider}/tools`, tools: [weather] }
    const ask = (items: OpenAI.Responses.ResponseInput): Promise<OpenAI.Responses.Response> =>
      streamed
        ? client.responses.stream({ ...asked, input: items }).finalResponse()
        : client.responses.create({ ...asked, input: items })
    const question: OpenAI.Responses.ResponseInput = [{ role: 'user', content: input }]
    const first = await ask(question)
    const calls = first.output.filter(item => item.type === 'function_call')
    expect(calls.map(({ name }) => name)).toEqual(['weather'])
    expect(JSON.parse(calls[0]?.arguments ?? '')).toEqual({ city: expect.any(String) })
    const results = calls.map(({ call_id }) => ({ type: 'function_call_output' as const, call_id, output: 'rain' }))
    const second = await ask([...question, ...(first.output as OpenAI.Responses.ResponseInput), ...results])
    expect([second.status, second.output_text]).toEqual(['completed', input])
  })

  test('a call that must be made is made', async () => {
    const { output } = await client.responses.create({
      model: `${provider}/echo`,
      input,
      tools: [weather],
      tool_choice: 'required',
    })
    expect(output.map(item => item.type).filter(type => type !== 'reasoning')).toEqual(['function_call'])
  })

  test.each([false, true])('an output format is parsed (streamed: %p)', async streamed => {
    const Plan = z.object({ title: z.string(), steps: z.array(z.object({ minutes: z.number(), calm: z.boolean() })) })
    const asked = { model: `${provider}/echo`, input, text: { format: zodTextFormat(Plan, 'plan') } }
    const { output_parsed } = streamed
      ? await client.responses.stream(asked).finalResponse()
      : await client.responses.parse(asked)
    expect(Plan.parse(output_parsed)).toEqual(output_parsed as z.infer<typeof Plan>)
  })

  test('a response that was asked to be kept is continued by its id, and so is what continues it', async () => {
    const ask = (text: string, previous_response_id?: string) =>
      client.responses.create({
        model: `${provider}/echo`,
        input: text,
        store: true,
        ...(previous_response_id && { previous_response_id }),
      })
    await six.heard()
    const first = await ask('The first thing.')
    const second = await ask('The second thing.', first.id)
    const third = await ask('The third thing.', second.id)
    expect(third.output_text).toBe('The third thing.')
    expect(third.previous_response_id).toBe(second.id)
    const sent = (await six.heard()).at(-1)?.body ?? ''
    const said = ['The first thing.', 'The first thing.', 'The second thing.', 'The second thing.', 'The third thing.']
    expect([...(sent.match(/The \w+ thing\./g) ?? [])]).toEqual(said)
    expect(sent).not.toContain('previous_response_id')
  })

  test('a stream that was asked to be kept is continued, by another provider too', async () => {
    const asked = { model: `${provider}/tools`, input, tools: [weather], store: true }
    const { id, output } = await client.responses.stream(asked).finalResponse()
    const call = output.find(item => item.type === 'function_call')
    const results = [{ type: 'function_call_output' as const, call_id: call?.call_id ?? '', output: 'rain' }]
    for (const model of [`${provider}/tools`, 'openai-responses/tools', 'anthropic-messages/tools']) {
      const next = { model, tools: [weather], input: results, previous_response_id: id, store: false }
      expect((await client.responses.create(next)).output_text).toBe(input)
    }
  })
})

describe('a response that is kept here', () => {
  const keep = (more: object = {}) =>
    client.responses.create({ model: 'cohere-chat/echo', input, store: true, ...more })

  test('is shown as it was told', async () => {
    const { _request_id, output_text, ...told } = await keep()
    const { _request_id: _, output_text: text, ...shown } = await client.responses.retrieve(told.id)
    expect([shown, text]).toEqual([told, output_text])
  })

  test('is not streamed: it is over', async () => {
    const { id } = await keep()
    const error = await failure(client.responses.retrieve(id, { stream: true }))
    expect(error).toMatchObject({ status: 400, param: 'stream' })
  })

  test('tells what went into it, by pages', async () => {
    const items = ['one', 'two', 'three'].map(content => ({ role: 'user' as const, content }))
    const { id } = await keep({ input: items })
    const list = async (query: OpenAI.Responses.InputItemListParams) => {
      const texts: unknown[] = []
      for await (const item of client.responses.inputItems.list(id, query))
        texts.push('content' in item && item.content)
      return texts
    }
    expect(await list({ order: 'asc', limit: 2 })).toEqual(['one', 'two', 'three'])
    expect(await list({})).toEqual(['three', 'two', 'one'])
  })

  test('is deleted, and then is not there any more', async () => {
    const { id } = await keep()
    await client.responses.delete(id)
    const gone = [
      () => client.responses.retrieve(id),
      () => client.responses.delete(id),
      () => keep({ previous_response_id: id }),
    ]
    const statuses = await Promise.all(gone.map(async ask => (await failure(ask())).status))
    expect(statuses).toEqual([404, 404, 400])
  })

  test('is over, so it cannot be cancelled', async () => {
    const { id } = await keep()
    const error = await failure(client.responses.cancel(id))
    expect(error).toBeInstanceOf(OpenAI.BadRequestError)
    expect(error.message).toContain('background')
  })

  test('is not there for another key, whatever is asked of it', async () => {
    const { id } = await keep()
    const asked = [
      () => stranger.responses.retrieve(id),
      () => stranger.responses.delete(id),
      () => stranger.responses.cancel(id),
      () => stranger.responses.inputItems.list(id),
    ]
    for (const ask of asked) expect(await failure(ask())).toBeInstanceOf(OpenAI.NotFoundError)
    const next = { model: 'cohere-chat/echo', input, previous_response_id: id }
    expect(await failure(stranger.responses.create(next))).toMatchObject({ status: 400, param: 'previous_response_id' })
    expect((await client.responses.retrieve(id)).id).toBe(id)
  })

  test('survives a restart', async () => {
    const { id } = await keep()
    await six.house.restart()
    client = clientOf(keys.DEV_KEY)
    stranger = clientOf(keys.OTHER_KEY)
    expect((await client.responses.retrieve(id)).output_text).toBe(input)
  })
})

describe('a response that nobody asked to keep', () => {
  test('is not kept, and says so', async () => {
    const asked = { model: 'gemini-generate/echo', input, store: false }
    const answer = await client.responses.create(asked)
    expect(answer).toMatchObject({ store: false })
    expect(await failure(client.responses.retrieve(answer.id))).toMatchObject({ status: 404, param: 'id' })
    const error = await failure(client.responses.create({ ...asked, previous_response_id: answer.id }))
    expect(error).toMatchObject({ status: 400, param: 'previous_response_id', code: 'previous_response_not_found' })
    expect(error.message).toContain('"store": true')
  })

  test('is remembered for a while where its caller does not say, and nowhere written', async () => {
    const answer = await client.responses.create({ model: 'gemini-generate/echo', input })
    const { output_text } = await client.responses.create({
      model: 'gemini-generate/echo',
      input: 'And then?',
      previous_response_id: answer.id,
    })
    expect(output_text).toBe('And then?')
    expect((await six.heard()).at(-1)?.body).toContain(input)
    const database = new Database(join(six.house.folder, 'thalamus.db'), { readonly: true })
    expect(database.query('SELECT id FROM replies WHERE id = ?').all(answer.id)).toEqual([])
    database.close()
  })

  test.each([
    [
      'an item',
      {
        input: [
          { type: 'item_reference', id: 'msg_9' },
          { role: 'user', content: 'hi' },
        ],
      },
      'input[0]',
    ],
    ['a conversation', { input, conversation: 'conv_9' }, 'conversation'],
  ] as const)('cannot be gone on with by %s that nobody here knows', async (_, more, param) => {
    const error = await failure(client.responses.create({ model: 'gemini-generate/echo', ...more } as never))
    expect(error).toMatchObject({ status: 400, param })
    expect(error.message).toContain('kept')
  })

  test('that was to be made in the background is made at once, and that is told', async () => {
    const asked = client.responses.create({ model: 'gemini-generate/echo', input, background: true })
    const { data, response } = await asked.withResponse()
    expect(data).toMatchObject({ status: 'completed', output_text: input })
    expect(response.headers.get('x-thalamus-lost')).toBe('background')
  })
})

describe('a response that its provider keeps', () => {
  const model = 'openai-responses/echo'

  test('is shown, listed and deleted there, for its own key alone', async () => {
    const { id } = await client.responses.create({ model, input })
    expect((await client.responses.retrieve(id)).output_text).toBe(input)
    expect((await client.responses.inputItems.list(id)).data).toHaveLength(1)
    expect(await failure(stranger.responses.retrieve(id))).toBeInstanceOf(OpenAI.NotFoundError)
    await client.responses.delete(id)
    expect(await failure(client.responses.retrieve(id))).toBeInstanceOf(OpenAI.NotFoundError)
  })

  test('is continued there, and refused anywhere else', async () => {
    const { id } = await client.responses.create({ model, input: 'The first thing.' })
    const next = { input: 'The second thing.', previous_response_id: id }
    await six.heard()
    expect((await client.responses.create({ ...next, model })).output_text).toBe('The second thing.')
    const sent = (await six.heard()).map(({ body }) => JSON.parse(body))
    expect(sent).toEqual([expect.objectContaining({ previous_response_id: id, input: 'The second thing.' })])
    const error = await failure(client.responses.create({ ...next, model: 'anthropic-messages/echo' }))
    expect(error).toMatchObject({ status: 400, param: 'previous_response_id' })
    expect(await six.heard()).toEqual([])
  })

  test('runs in the background and is cancelled', async () => {
    const { id, status } = await client.responses.create({ model, input, background: true })
    expect(status).toBe('queued')
    expect((await client.responses.cancel(id)).status).toBe('cancelled')
  })
})

describe('tokens of the input', () => {
  test('are counted by a provider that can', async () => {
    const asked = { model: 'openai-responses/echo', input }
    const counted = await client.responses.inputTokens.count(asked)
    expect(counted.input_tokens).toBe((await client.responses.create(asked)).usage?.input_tokens ?? -1)
    expect(counted).not.toHaveProperty('thalamus')
  })

  test('are estimated elsewhere, and marked as an estimate', async () => {
    const counted = await client.responses.inputTokens.count({ model: 'cohere-chat/echo', input: input.repeat(100) })
    expect(counted).toMatchObject({ object: 'response.input_tokens', thalamus: { estimate: true } })
    expect(counted.input_tokens).toBeWithin(300, 600)
  })
})

describe('over a socket, by the client’s own class', () => {
  type Said = { readonly type: string; readonly response?: OpenAI.Responses.Response }

  /** One connection; what is said on it up to an event of one of these types. */
  function plug() {
    const socket = new ResponsesWS(client)
    const heard: Said[] = []
    let more = Promise.withResolvers<void>()
    const take = (event: object): void => {
      heard.push(event as Said)
      more.resolve()
    }
    socket.on('event', take)
    // It holds the event that tells of it.
    socket.on('error', ({ error }) => take(error ?? {}))
    return {
      close: () => socket.close(),
      async ask(asked: object, until: string): Promise<readonly Said[]> {
        socket.send({ type: 'response.create', ...asked } as OpenAI.Responses.ResponsesClientEvent)
        while (!heard.some(({ type }) => type === until)) {
          await soon(more.promise, () => `No ${until}: ${JSON.stringify(heard)}`)
          more = Promise.withResolvers()
        }
        return heard.splice(0)
      },
    }
  }

  test.each(dialects)('%s is asked, and asked again on the same connection', async provider => {
    const socket = plug()
    const asked = { model: `${provider}/echo`, store: true }
    const first = await socket.ask({ ...asked, input: 'The first thing.' }, 'response.completed')
    expect([first[0]?.type, first.filter(({ type }) => type === 'response.output_text.delta').length > 1]).toEqual([
      'response.created',
      true,
    ])
    const { id } = first.at(-1)?.response ?? {}
    const second = await socket.ask(
      { ...asked, input: 'The second thing.', previous_response_id: id },
      'response.completed',
    )
    expect(JSON.stringify(second.at(-1)?.response?.output)).toContain('The second thing.')
    socket.close()
  })

  test('a refusal is an event, and the connection goes on', async () => {
    const socket = plug()
    const [refused] = await socket.ask({ model: 'cohere-chat/echo', input: 7 }, 'error')
    expect(refused).toMatchObject({ status: 400, error: { param: 'input' } })
    const after = await socket.ask({ model: 'cohere-chat/echo', input }, 'response.completed')
    expect(JSON.stringify(after.at(-1)?.response?.output)).toContain(input)
    socket.close()
  })
})

test('a conversation is made shorter over any provider, and goes on', async () => {
  const items = ['My name is Ada.', 'I like rain.'].map(content => ({ role: 'user' as const, content }))
  const compacted = await client.responses.compact({ model: 'cohere-chat/lorem', input: items })
  expect(compacted).toMatchObject({ object: 'response.compaction' })
  await six.heard()
  const next = [...compacted.output, { role: 'user' as const, content: 'Who am I?' }]
  const answer = await client.responses.create({
    model: 'gemini-generate/echo',
    input: next as OpenAI.Responses.ResponseInput,
  })
  expect(answer.output_text).toBe('Who am I?')
  const [sent] = await six.heard()
  expect(sent?.body).toContain('My name is Ada.')
  expect(sent?.body).toContain('Lorem ')
  expect(sent?.body).not.toContain('thal1.')
})

describe('errors', () => {
  const cases = [
    {
      name: 'AuthenticationError for a wrong key',
      is: OpenAI.AuthenticationError,
      key: 'nobody',
      has: { status: 401, code: 'invalid_api_key' },
    },
    {
      name: 'BadRequestError with the place of the fault',
      is: OpenAI.BadRequestError,
      asked: { input: [{ role: 'nobody', content: 'x' }] as unknown as OpenAI.Responses.ResponseInput },
      has: { status: 400, param: 'input[0].role', type: 'invalid_request_error' },
    },
    {
      name: 'NotFoundError for a model that the provider does not know',
      is: OpenAI.NotFoundError,
      asked: { model: 'anthropic-messages/nobody' },
      has: { status: 404, code: 'model_not_found' },
    },
    {
      name: 'RateLimitError for the limit of a provider',
      is: OpenAI.RateLimitError,
      asked: { model: 'anthropic-messages/echo+429=7' },
      has: { status: 429, code: 'rate_limit_exceeded' },
    },
    {
      name: 'BadRequestError for what a provider refuses',
      is: OpenAI.BadRequestError,
      asked: { model: 'gemini-generate/echo', temperature: 7 },
      has: { status: 400, message: expect.stringContaining('temperature') },
    },
    {
      name: 'InternalServerError for a provider that fails',
      is: OpenAI.InternalServerError,
      asked: { model: 'bedrock-converse/echo+500' },
      has: { status: 502, code: 'upstream_failed' },
    },
    {
      name: 'InternalServerError for a reply that is none',
      is: OpenAI.InternalServerError,
      asked: { model: 'cohere-chat/echo+html' },
      has: { status: 502, code: 'upstream_failed' },
    },
  ]

  test.each(cases)('$name', async ({ is, key, asked, has }) => {
    const error = await failure(
      clientOf(key ?? keys.DEV_KEY).responses.create({ model: 'cohere-chat/echo', input, ...asked }),
    )
    expect(error).toBeInstanceOf(is)
    expect(error).toMatchObject(has)
    expect((await rowOf(six.house, error.requestID ?? '')).status).toBe(has.status)
  })

  test.each(['anthropic-messages', 'gemini-generate', 'bedrock-converse'])(
    'tell when %s wants to be asked again',
    async provider => {
      const error = await failure(client.responses.create({ model: `${provider}/echo+429=7`, input }))
      expect(error.headers?.get('retry-after')).toBe('7')
    },
  )

  test('RateLimitError for our own limit, with the time to wait', async () => {
    const slow = clientOf(keys.SLOW_KEY)
    await slow.responses.create({ model: 'cohere-chat/echo', input })
    const error = await failure(slow.responses.create({ model: 'cohere-chat/echo', input }))
    expect(error).toBeInstanceOf(OpenAI.RateLimitError)
    expect(Number(error.headers?.get('retry-after'))).toBeWithin(1, 61)
  })

  test.each(dialects)('an APIError inside a stream of %s that breaks off', async provider => {
    const stream = client.responses.stream({ model: `${provider}/lorem+cut=5`, input })
    let text = ''
    stream.on('response.output_text.delta', ({ delta }) => {
      text += delta
    })
    const error = await failure(stream.finalResponse())
    expect(text).not.toBe('')
    expect(error).toBeInstanceOf(OpenAI.OpenAIError)
    expect(error.message).not.toBe('')
  })
})

test('after all of this nothing is on its way, and nothing was a failure of ours', async () => {
  await settled(six.house)
  expect(six.sim.stats.inFlight).toBe(0)
  expect(six.house.logLines().filter(line => line.level === 'error')).toEqual([])
})
