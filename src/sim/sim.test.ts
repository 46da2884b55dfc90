import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { type Sim, startSim } from './sim.ts'
import { count } from './words.ts'

let sim: Sim
beforeAll(() => {
  sim = startSim()
})
afterAll(() => sim.stop())

type Sent = Record<string, unknown>

const post = (path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(sim.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })

const chat = (body: Sent, said = 'Hello there, world!') =>
  post('/chat/completions', { model: 'echo', messages: [{ role: 'user', content: said }], ...body })

// biome-ignore lint/suspicious/noExplicitAny: what comes over the wire is what is tested
type Wire = any

const jsonOf = async (response: Promise<Response>): Promise<Wire> => (await response).json()

const answerOf = async (body: Sent, said?: string): Promise<Wire> => jsonOf(chat(body, said))

async function chunksOf(response: Response) {
  const events = (await response.text()).split('\n\n')
  expect(events.pop()).toBe('')
  expect(events.pop()).toBe('data: [DONE]')
  return events.map(each => JSON.parse(each.slice('data: '.length)))
}

const textOf = (chunks: { choices: { delta: { content?: string } }[] }[]): string =>
  chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')

describe('a chat answer', () => {
  test('has the fields of the real one in their order', async () => {
    const body = await answerOf({})
    expect(Object.keys(body)).toEqual([
      'id',
      'object',
      'created',
      'model',
      'choices',
      'usage',
      'service_tier',
      'system_fingerprint',
    ])
    expect(Object.keys(body.choices[0])).toEqual(['index', 'message', 'logprobs', 'finish_reason'])
    expect(body.choices[0].message).toEqual({
      role: 'assistant',
      content: 'Hello there, world!',
      refusal: null,
      annotations: [],
    })
    expect(body.id).toMatch(/^chatcmpl-[A-Za-z0-9]{29}$/)
    expect(Math.abs(body.created - Date.now() / 1000)).toBeLessThan(5)
  })

  test('carries the headers of the real one', async () => {
    const { headers } = await chat({})
    expect(headers.get('content-type')).toBe('application/json')
    expect(headers.get('x-request-id')).toMatch(/^req_[a-z0-9]{32}$/)
    expect(headers.get('openai-processing-ms')).toMatch(/^\d+$/)
    expect(headers.get('x-ratelimit-limit-requests')).toBe('30000000')
    expect(Number(headers.get('x-ratelimit-remaining-tokens'))).toBeLessThan(3_000_000_000)
    expect(headers.get('x-ratelimit-reset-requests')).toMatch(/^\d+ms$/)
    expect((await chat({})).headers.get('x-request-id')).not.toBe(headers.get('x-request-id'))
  })

  test('counts its tokens', async () => {
    const { usage } = await answerOf({})
    expect(usage.completion_tokens).toBe(count('Hello there, world!'))
    expect(usage.prompt_tokens).toBe(count('user: Hello there, world!\n'))
    expect(usage.total_tokens).toBe(usage.prompt_tokens + usage.completion_tokens)
    expect(usage.prompt_tokens_details).toEqual({ cached_tokens: 0, audio_tokens: 0 })
  })

  test('echoes the last user message, text parts alone', async () => {
    const messages = [
      { role: 'user', content: 'first' },
      { role: 'assistant', content: 'answer' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'two ' },
          { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
          { type: 'text', text: 'parts' },
        ],
      },
      { role: 'assistant', content: 'prefill' },
    ]
    const body = await answerOf({ messages })
    expect(body.choices[0].message.content).toBe('two parts')
    expect(body.usage.prompt_tokens).toBe(
      85 + count('user: first\nassistant: answer\nuser: two parts\nassistant: prefill\n'),
    )
  })

  test.each([
    [{ max_tokens: 2 }, 'Hello there', 'length'],
    [{ max_completion_tokens: 1 }, 'Hello', 'length'],
    [{ max_tokens: 5 }, 'Hello there, world!', 'stop'],
    [{ stop: ',' }, 'Hello there', 'stop'],
    [{ stop: ['zzz', ' world', 'there'] }, 'Hello ', 'stop'],
  ])('with %j says %j and ends with %s', async (extra, said, finish) => {
    const { choices, usage } = await answerOf(extra)
    expect(choices[0].message.content).toBe(said)
    expect(choices[0].finish_reason).toBe(finish)
    expect(usage.completion_tokens).toBe(count(said))
  })

  test('of lorem has about sixty tokens, or exactly the limit', async () => {
    const free = await answerOf({ model: 'lorem' })
    expect(free.usage.completion_tokens).toBe(60)
    expect(free.choices[0].finish_reason).toBe('stop')
    const cut = await answerOf({ model: 'lorem', max_tokens: 100 })
    expect(cut.usage.completion_tokens).toBe(100)
    expect(cut.choices[0].finish_reason).toBe('length')
    expect((await answerOf({ model: 'lorem', seed: 7 })).choices[0].message.content).not.toBe(
      free.choices[0].message.content,
    )
  })

  test('comes n times', async () => {
    const { choices, usage } = await answerOf({ model: 'lorem', n: 3, max_tokens: 10 })
    expect(choices.map((each: { index: number }) => each.index)).toEqual([0, 1, 2])
    expect(new Set(choices.map((each: { message: { content: string } }) => each.message.content)).size).toBe(3)
    expect(usage.completion_tokens).toBe(30)
  })

  test('thinks for as long as the effort says, within the limit', async () => {
    const low = await answerOf({ reasoning_effort: 'low' })
    expect(low.usage.completion_tokens_details.reasoning_tokens).toBe(64)
    expect(low.usage.completion_tokens).toBe(64 + count('Hello there, world!'))
    expect(low.choices[0].message.reasoning_content).toBeUndefined()
    const cut = await answerOf({ reasoning_effort: 'high', max_completion_tokens: 50 })
    expect(cut.usage.completion_tokens).toBe(50)
    expect(cut.choices[0]).toMatchObject({ message: { content: '' }, finish_reason: 'length' })
    expect((await answerOf({ reasoning_effort: 'none' })).usage.completion_tokens_details.reasoning_tokens).toBe(0)
  })

  test('shows its thinking when asked to', async () => {
    const { choices, usage } = await answerOf({ model: 'echo+think', reasoning_effort: 'minimal' })
    expect(count(choices[0].message.reasoning_content)).toBe(16)
    expect(usage.completion_tokens_details.reasoning_tokens).toBe(16)
  })

  test('of a long prompt that came before says what was cached', async () => {
    const long = 'cached '.repeat(1200)
    expect((await answerOf({}, long)).usage.prompt_tokens_details.cached_tokens).toBe(0)
    expect((await answerOf({}, `${long} again`)).usage.prompt_tokens_details.cached_tokens).toBe(1152)
  })

  test('has log probabilities in their shape', async () => {
    const { choices } = await answerOf({ logprobs: true, top_logprobs: 2 }, 'Hi 東')
    const [first, second] = choices[0].logprobs.content
    expect(choices[0].logprobs.content).toHaveLength(2)
    expect(first).toMatchObject({ token: 'Hi', bytes: [72, 105] })
    expect(first.logprob).toBeLessThanOrEqual(0)
    expect(first.top_logprobs).toHaveLength(2)
    expect(first.top_logprobs[0]).toMatchObject({ token: 'Hi', logprob: first.logprob })
    expect(second.bytes).toEqual([32, 230, 157, 177])
  })
})

describe('a chat stream', () => {
  const stream = (body: Sent, said?: string) => chat({ stream: true, ...body }, said).then(chunksOf)

  test('opens with the role, sends one token at a time, finishes', async () => {
    const chunks = await stream({})
    const { obfuscation, id, created, ...first } = chunks[0]
    expect(first).toEqual({
      object: 'chat.completion.chunk',
      model: 'echo',
      service_tier: 'default',
      system_fingerprint: 'fp_sim',
      choices: [
        { index: 0, delta: { role: 'assistant', content: '', refusal: null }, logprobs: null, finish_reason: null },
      ],
    })
    expect(chunks.slice(1).map(({ choices }) => choices[0].delta.content)).toEqual([
      'Hello',
      ' there',
      ',',
      ' world',
      '!',
      undefined,
    ])
    expect(chunks.at(-1).choices[0]).toEqual({ index: 0, delta: {}, logprobs: null, finish_reason: 'stop' })
    expect(new Set(chunks.map(each => each.id)).size).toBe(1)
    expect(typeof obfuscation).toBe('string')
    expect([id.length, typeof created]).toEqual([38, 'number'])
  })

  test('tells the usage last, when asked, and null before', async () => {
    const chunks = await stream({ stream_options: { include_usage: true } })
    const last = chunks.pop()
    expect(last.choices).toEqual([])
    expect(last.usage).toMatchObject({ prompt_tokens: 8, completion_tokens: 5, total_tokens: 13 })
    expect(chunks.every(each => each.usage === null)).toBe(true)
    expect((await stream({})).some(each => 'usage' in each)).toBe(false)
  })

  test('has as many deltas as completion tokens, and the text of the whole answer', async () => {
    const asked = { model: 'lorem', max_tokens: 200, stream_options: { include_usage: true } }
    const chunks = await stream(asked)
    const deltas = chunks.filter(({ choices }) => choices[0]?.delta.content)
    expect(deltas).toHaveLength(200)
    expect(chunks.at(-1).usage.completion_tokens).toBe(200)
    const { stream_options: _, ...whole } = asked
    expect(textOf(chunks)).toBe((await answerOf(whole)).choices[0].message.content)
  })

  test('weaves several choices', async () => {
    const chunks = await stream({ n: 2 }, 'one two')
    expect(chunks.map(({ choices }) => choices[0].index)).toEqual([0, 1, 0, 1, 0, 1, 0, 1])
  })

  test('thinks before it speaks', async () => {
    const chunks = await stream({ model: 'echo+think', reasoning_effort: 'minimal' })
    const kinds = chunks.map(({ choices }) => Object.keys(choices[0].delta)[0])
    expect(kinds).toEqual(['role', ...Array(16).fill('reasoning_content'), ...Array(5).fill('content'), undefined])
  })

  test('carries log probabilities with their tokens', async () => {
    const chunks = await stream({ logprobs: true })
    expect(chunks[0].choices[0].logprobs).toEqual({ content: [], refusal: null })
    expect(chunks[1].choices[0].logprobs.content[0]).toMatchObject({ token: 'Hello', top_logprobs: [] })
  })

  test('leaves the padding out when told to', async () => {
    const chunks = await stream({ stream_options: { include_obfuscation: false } })
    expect(chunks.some(each => 'obfuscation' in each)).toBe(false)
  })

  test('of many megabytes arrives whole', async () => {
    const text = textOf(await stream({ model: 'lorem+big=200000' }))
    expect(text).toHaveLength(200_000)
  })
})

describe('tools', () => {
  const weather = {
    type: 'function',
    function: {
      name: 'weather',
      parameters: {
        type: 'object',
        properties: { city: { type: 'string' }, days: { type: 'integer', minimum: 3 } },
        required: ['city', 'days'],
      },
    },
  }
  const clock = { type: 'function', function: { name: 'clock' } }
  const tools = [weather, clock]

  test.each<[string, Sent, string | undefined, string]>([
    ['echo by itself calls none', { tools }, undefined, 'stop'],
    ['echo calls the first when one is required', { tools, tool_choice: 'required' }, 'weather', 'tool_calls'],
    [
      'echo calls the one that is named',
      { tools, tool_choice: { type: 'function', function: { name: 'clock' } } },
      'clock',
      'stop',
    ],
    ['tools calls the first by itself', { model: 'tools', tools }, 'weather', 'tool_calls'],
    ['tools calls none when told not to', { model: 'tools', tools, tool_choice: 'none' }, undefined, 'stop'],
    ['tools without tools answers', { model: 'tools' }, undefined, 'stop'],
  ])('%s', async (_, asked, name, finish) => {
    const { message, finish_reason } = (await answerOf(asked)).choices[0]
    expect(message.tool_calls?.[0].function.name).toBe(name)
    expect(message.content === null).toBe(name !== undefined)
    expect(finish_reason).toBe(finish)
  })

  test('are called with arguments that their schema accepts, the same in a stream', async () => {
    const whole = (await answerOf({ tools, tool_choice: 'required' })).choices[0].message.tool_calls[0]
    expect(whole.id).toMatch(/^call_[A-Za-z0-9]{24}$/)
    const said = JSON.parse(whole.function.arguments)
    expect(typeof said.city).toBe('string')
    expect(said.days).toBeGreaterThanOrEqual(3)
    const chunks = await chunksOf(await chat({ tools, tool_choice: 'required', stream: true }))
    const pieces = chunks.map(({ choices }) => choices[0].delta.tool_calls?.[0]).filter(each => each !== undefined)
    expect(pieces[0]).toMatchObject({ index: 0, type: 'function', function: { name: 'weather', arguments: '' } })
    expect(pieces.map(each => each.function.arguments).join('')).toBe(whole.function.arguments)
    expect(chunks.at(-1).choices[0].finish_reason).toBe('tool_calls')
  })

  test('are not called again once their result is there', async () => {
    const call = { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{}' } }
    const messages = [
      { role: 'user', content: 'And?' },
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', tool_call_id: 'call_1', content: 'Rain' },
    ]
    expect((await answerOf({ model: 'tools', tools, messages })).choices[0].message.content).toBe('And?')
  })

  test('count in the prompt', async () => {
    const without = (await answerOf({})).usage.prompt_tokens
    expect((await answerOf({ tools })).usage.prompt_tokens).toBe(without + count(`${JSON.stringify(tools)}\n`))
  })
})

describe('a format', () => {
  test('json_object is filled with an object', async () => {
    const { choices } = await answerOf({ response_format: { type: 'json_object' } })
    expect(JSON.parse(choices[0].message.content)).toEqual({ answer: expect.any(String) })
  })

  test('json_schema is filled by its schema', async () => {
    const schema = {
      type: 'object',
      properties: { colour: { enum: ['red'] }, size: { type: 'integer', minimum: 4 } },
      required: ['colour', 'size'],
    }
    const asked = { response_format: { type: 'json_schema', json_schema: { name: 'thing', schema, strict: true } } }
    const { choices } = await answerOf(asked)
    expect(JSON.parse(choices[0].message.content)).toEqual({ colour: 'red', size: 4 })
    expect(textOf(await chunksOf(await chat({ ...asked, stream: true })))).toBe(choices[0].message.content)
  })
})

describe('a completion', () => {
  test('has the fields of the real one in their order', async () => {
    const body = await jsonOf(post('/completions', { model: 'echo', prompt: 'one two' }))
    expect(Object.keys(body)).toEqual(['id', 'object', 'created', 'model', 'choices', 'usage'])
    expect(body.choices).toEqual([{ text: 'one two', index: 0, logprobs: null, finish_reason: 'stop' }])
    expect(body.usage).toMatchObject({ prompt_tokens: 2, completion_tokens: 2, total_tokens: 4 })
  })

  test('takes several prompts, and tokens for a prompt', async () => {
    const several = await jsonOf(post('/completions', { model: 'echo', prompt: ['a', 'b'], n: 2, echo: true }))
    expect(several.choices.map((each: { text: string }) => each.text)).toEqual(['aa', 'aa', 'bb', 'bb'])
    const numbers = await jsonOf(post('/completions', { model: 'echo', prompt: [1, 2, 3] }))
    expect(numbers.usage.prompt_tokens).toBe(3)
  })

  test('streams', async () => {
    const asked = {
      model: 'echo',
      prompt: 'one two',
      stream: true,
      stream_options: { include_usage: true },
      logprobs: 1,
    }
    const chunks = await chunksOf(await post('/completions', asked))
    expect(chunks.map(({ choices }) => choices[0]?.text)).toEqual(['one', ' two', '', undefined])
    expect(chunks.map(({ choices }) => choices[0]?.finish_reason)).toEqual([null, null, 'stop', undefined])
    expect(chunks[1].choices[0].logprobs).toMatchObject({ tokens: [' two'], text_offset: [3] })
    expect(chunks.at(-1).usage.total_tokens).toBe(4)
  })
})

describe('embeddings', () => {
  const embed = (body: Sent) => jsonOf(post('/embeddings', { model: 'embed', ...body }))
  const vectors = (body: { data: { embedding: number[] }[] }) => body.data.map(({ embedding }) => embedding)
  const dot = (a: number[] = [], b: number[] = []) => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0)

  test('are one vector of length 1 for each input, in order', async () => {
    const body = await embed({ input: ['one', 'two words'] })
    expect(body).toMatchObject({ object: 'list', model: 'embed', usage: { prompt_tokens: 3, total_tokens: 3 } })
    expect(body.data.map((each: { index: number }) => each.index)).toEqual([0, 1])
    for (const vector of vectors(body)) {
      expect(vector).toHaveLength(256)
      expect(dot(vector, vector)).toBeCloseTo(1, 5)
    }
  })

  test('are the same in base64', async () => {
    const [floats] = vectors(await embed({ input: 'same', dimensions: 8 }))
    const { data } = await embed({ input: 'same', dimensions: 8, encoding_format: 'base64' })
    const bytes = Buffer.from(data[0].embedding, 'base64')
    expect([...new Float32Array(bytes.buffer, bytes.byteOffset, 8)]).toEqual(floats ?? [])
  })

  test('are near for texts that share words, and take tokens', async () => {
    const [a, b, c] = vectors(await embed({ input: ['the red house', 'The red horse', 'quick brown fox'] }))
    expect(dot(a, b)).toBeGreaterThan(dot(a, c) + 0.2)
    const tokens = await embed({ input: [[1, 2, 3], [4]] })
    expect(tokens.usage.prompt_tokens).toBe(4)
    expect(vectors(await embed({ input: [1, 2, 3] }))[0]).toEqual(vectors(tokens)[0] ?? [])
  })
})

test('the models are listed and shown', async () => {
  const { data } = await jsonOf(fetch(`${sim.url}/models`))
  expect(data.map((each: { id: string }) => each.id)).toEqual(['echo', 'lorem', 'tools', 'slow', 'flaky', 'embed'])
  const one = await jsonOf(fetch(`${sim.url}/models/echo`))
  expect(one).toEqual({ id: 'echo', object: 'model', created: expect.any(Number), owned_by: 'sim' })
  expect((await fetch(`${sim.url}/models/gpt-9`)).status).toBe(404)
})

describe('a bad request is refused as the real API does:', () => {
  const messages = [{ role: 'user', content: 'x' }]
  test.each<[string, unknown, number, Sent]>([
    ['/chat/completions', '{"model":', 400, { type: 'invalid_request_error', param: null, code: null }],
    ['/chat/completions', '[]', 400, { code: null }],
    ['/chat/completions', { messages }, 400, { message: 'you must provide a model parameter' }],
    [
      '/chat/completions',
      { model: 'gpt-9', messages },
      404,
      { message: 'The model `gpt-9` does not exist or you do not have access to it.', code: 'model_not_found' },
    ],
    [
      '/chat/completions',
      { model: 'embed', messages },
      403,
      { message: 'You are not allowed to sample from this model' },
    ],
    ['/chat/completions', { model: 'echo' }, 400, { param: 'messages', code: 'missing_required_parameter' }],
    ['/chat/completions', { model: 'echo', messages: [] }, 400, { param: 'messages', code: 'empty_array' }],
    ['/chat/completions', { model: 'echo', messages: ['hi'] }, 400, { param: 'messages[0]', code: 'invalid_type' }],
    [
      '/chat/completions',
      { model: 'echo', messages: [{ role: 'boss', content: 'x' }] },
      400,
      { param: 'messages[0].role' },
    ],
    [
      '/chat/completions',
      { model: 'echo', messages: [{ role: 'tool', tool_call_id: 'a', content: 'x' }] },
      400,
      { param: 'messages[0].role' },
    ],
    [
      '/chat/completions',
      { model: 'echo', messages: [{ role: 'user', content: 5 }] },
      400,
      { param: 'messages[0].content' },
    ],
    [
      '/chat/completions',
      { model: 'echo', messages, temperature: 3 },
      400,
      { param: 'temperature', code: 'decimal_above_max_value' },
    ],
    [
      '/chat/completions',
      { model: 'echo', messages, max_tokens: '5' },
      400,
      { param: 'max_tokens', code: 'invalid_type' },
    ],
    ['/chat/completions', { model: 'echo', messages, max_tokens: 0 }, 400, { code: 'integer_below_min_value' }],
    ['/chat/completions', { model: 'echo', messages, n: 999 }, 400, { param: 'n' }],
    ['/chat/completions', { model: 'echo', messages, stop: ['a', 'b', 'c', 'd', 'e'] }, 400, { param: 'stop' }],
    ['/chat/completions', { model: 'echo', messages, stream: 'yes' }, 400, { param: 'stream' }],
    ['/chat/completions', { model: 'echo', messages, stream_options: {} }, 400, { param: 'stream_options' }],
    ['/chat/completions', { model: 'echo', messages, top_logprobs: 2 }, 400, { param: 'top_logprobs' }],
    ['/chat/completions', { model: 'echo', messages, tool_choice: 'required' }, 400, { param: 'tool_choice' }],
    ['/chat/completions', { model: 'echo', messages, reasoning_effort: 'huge' }, 400, { param: 'reasoning_effort' }],
    [
      '/chat/completions',
      { model: 'echo', messages, response_format: { type: 'xml' } },
      400,
      { param: 'response_format.type' },
    ],
    ['/chat/completions', { model: 'echo+nope', messages }, 400, { code: 'unknown_behaviour' }],
    ['/completions', { model: 'echo' }, 400, { param: 'prompt' }],
    ['/embeddings', { model: 'echo', input: 'x' }, 403, {}],
    ['/embeddings', { model: 'embed', input: '' }, 400, { param: 'input' }],
    ['/embeddings', { model: 'embed', input: [] }, 400, { param: 'input' }],
    ['/nothing', {}, 404, { message: 'Invalid URL (POST /v1/nothing)' }],
  ])('%s %j is %d', async (path, body, status, error) => {
    const response = await post(path, body)
    expect(response.status).toBe(status)
    expect(((await response.json()) as Wire).error).toMatchObject(error)
    expect(response.headers.get('x-request-id')).toMatch(/^req_/)
  })

  test('bytes that are no UTF-8', async () => {
    const [before, after] = '{"model":"echo","messages":[{"role":"user","content":"|"}]}'.split('|')
    const body = Buffer.concat([Buffer.from(before ?? ''), Buffer.from([0xff]), Buffer.from(after ?? '')])
    expect((await fetch(`${sim.url}/chat/completions`, { method: 'POST', body })).status).toBe(400)
  })

  test('a method that does not belong', async () => {
    expect((await fetch(`${sim.url}/chat/completions`)).status).toBe(405)
  })
})

describe('what the sim saw', () => {
  const ask = (path: string, method = 'GET') => jsonOf(fetch(sim.url.replace('/v1', path), { method }))

  test('can be read: the request exactly as it came', async () => {
    await ask('/sim/requests', 'DELETE')
    const body = '{"model" : "echo","messages":[{"role":"user","content":"\\u00e9 é"}], "x":1.00}'
    await (await post('/chat/completions', body, { 'X-Custom': 'Yes' })).text()
    const requests = await ask('/sim/requests')
    expect(requests).toHaveLength(1)
    expect(requests[0]).toMatchObject({
      method: 'POST',
      path: '/v1/chat/completions',
      headers: { 'x-custom': 'Yes' },
      body,
    })
    expect(requests[0].rawHeaders).toContain('X-Custom')
    expect(await ask('/sim/requests', 'DELETE')).toEqual({ deleted: true })
    expect(await ask('/sim/requests')).toEqual([])
  })

  test('is counted, over HTTP and in the process', async () => {
    const before = { ...sim.stats }
    await (await chat({})).text()
    await (await chat({ stream: true })).text()
    expect(await ask('/sim/stats')).toEqual({ ...before, begun: before.begun + 2, finished: before.finished + 2 })
    expect(sim.stats.begun).toBe(before.begun + 2)
  })
})

test('the same seed gives the same failures, about a third, each in its way', async () => {
  const outcomes = async () => {
    const flaky = startSim({ seed: 42 })
    const seen: string[] = []
    for (let i = 0; i < 60; i++) {
      const body = JSON.stringify({ model: 'flaky', messages: [{ role: 'user', content: 'x' }] })
      seen.push(
        await fetch(`${flaky.url}/chat/completions`, { method: 'POST', body }).then(
          response => response.text().then(() => String(response.status)),
          () => 'reset',
        ),
      )
    }
    await flaky.stop()
    return seen
  }
  const first = await outcomes()
  expect(await outcomes()).toEqual(first)
  expect(new Set(first)).toEqual(new Set(['200', '429', '500', '503', 'reset']))
  const failures = first.filter(each => each !== '200').length
  expect(failures).toBeGreaterThan(10)
  expect(failures).toBeLessThan(30)
})

test('a port that is taken is an error where it is asked for', () => {
  expect(() => startSim({ port: sim.port })).toThrow(`127.0.0.1:${sim.port}`)
})
