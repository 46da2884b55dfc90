import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import OpenAI from 'openai'
import { type Sim, startSim } from '../sim.ts'

let sim: Sim
let client: OpenAI
beforeAll(() => {
  sim = startSim()
  client = new OpenAI({ apiKey: 'none', baseURL: sim.url, maxRetries: 0 })
})
afterAll(() => sim.stop())

/** What a refusal says. Clients' promises are their own kind, which `rejects` does not know. */
const refusalOf = (asked: PromiseLike<unknown>): PromiseLike<string> =>
  asked.then(
    () => 'answered',
    (error: unknown) => String(error),
  )

type Params = OpenAI.Responses.ResponseCreateParamsNonStreaming

const tools: Params['tools'] = [
  {
    type: 'function',
    name: 'weather',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    strict: false,
  },
]

/** The same without what each request has of its own. */
const plain = (response: object): object =>
  JSON.parse(
    JSON.stringify(response, (name, value) =>
      /^(id|call_id|created_at|completed_at|parsed|parsed_arguments|output_parsed|encrypted_content)$/.test(name)
        ? undefined
        : value,
    ),
  )

describe('OpenAI’s own client', () => {
  test.each<[string, Params]>([
    ['text', { model: 'echo', input: 'How are you?' }],
    ['thinking', { model: 'echo', input: 'How are you?', reasoning: { effort: 'low', summary: 'auto' } }],
    ['calls', { model: 'tools+parallel=2+preface', input: 'How are you?', tools }],
    ['what the limit cut', { model: 'lorem', input: 'x', max_output_tokens: 16 }],
    [
      'what was cut in a call',
      { model: 'tools', input: 'x', tools, reasoning: { effort: 'minimal' }, max_output_tokens: 20 },
    ],
  ])('puts a stream of %s together to what comes whole', async (_, params) => {
    const whole = await client.responses.create(params)
    expect(
      plain(await client.responses.stream(params as Parameters<typeof client.responses.stream>[0]).finalResponse()),
    ).toEqual(plain(whole))
  })

  test('sees every event once, numbered, and each item begun and ended', async () => {
    const params = {
      model: 'tools+preface',
      input: 'x',
      tools,
      reasoning: { summary: 'auto' as const },
      stream: true as const,
    }
    const events: OpenAI.Responses.ResponseStreamEvent[] = []
    for await (const event of await client.responses.create(params)) events.push(event)
    expect(events.map(event => event.sequence_number)).toEqual(events.map((_, i) => i))
    const kinds = events.map(({ type }) => type).filter((type, i, all) => type !== all[i - 1])
    expect(kinds).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.reasoning_summary_part.added',
      'response.reasoning_summary_text.delta',
      'response.reasoning_summary_text.done',
      'response.reasoning_summary_part.done',
      'response.output_item.done',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.output_item.added',
      'response.function_call_arguments.delta',
      'response.function_call_arguments.done',
      'response.output_item.done',
      'response.completed',
    ])
  })

  test('goes on from an answer that was kept', async () => {
    const first = await client.responses.create({ model: 'tools', input: 'How are you?', tools })
    const call = first.output.find(item => item.type === 'function_call')
    const output = { type: 'function_call_output' as const, call_id: call?.call_id ?? '', output: 'Rain' }
    const second = await client.responses.create({
      model: 'tools',
      tools,
      input: [output],
      previous_response_id: first.id,
    })
    expect(second.output_text).toBe('How are you?')
    expect(second.usage?.input_tokens).toBeGreaterThan(first.usage?.input_tokens ?? 0)
    const lone = client.responses.create({ model: 'tools', tools, input: [output] })
    expect(await refusalOf(lone)).toContain('No tool call found')
  })

  test('hands thinking back sealed, where nothing is kept', async () => {
    const params = { model: 'echo', store: false, include: ['reasoning.encrypted_content' as const] }
    const first = await client.responses.create({ ...params, input: 'x', reasoning: { effort: 'low' } })
    expect(first.output[0]).toMatchObject({ type: 'reasoning', summary: [] })
    expect(first.output[0]).toHaveProperty('encrypted_content')
    const question = { role: 'user' as const, content: 'y' }
    const history = first.output as OpenAI.Responses.ResponseInputItem[]
    const input = [question, ...history, question]
    expect((await client.responses.create({ ...params, input })).output_text).toBe('y')
    const bare = input.map(item =>
      'encrypted_content' in item ? { ...item, encrypted_content: null } : item,
    ) as typeof input
    expect(await refusalOf(client.responses.create({ ...params, input: bare }))).toContain('Items are not persisted')
    const orphan = [question, ...history.slice(0, 1), question]
    expect(await refusalOf(client.responses.create({ ...params, input: orphan }))).toContain(
      'without its required following item',
    )
  })

  test('has answers shown, listed, and forgotten', async () => {
    const { id, ...answer } = await client.responses.create({ model: 'echo', input: 'How are you?' })
    expect(await client.responses.retrieve(id)).toMatchObject({ id, output: answer.output })
    const { data } = await client.responses.inputItems.list(id)
    expect(data).toEqual([
      expect.objectContaining({ type: 'message', content: [{ type: 'input_text', text: 'How are you?' }] }),
    ])
    expect(await refusalOf(client.responses.cancel(id))).toContain('Cannot cancel a synchronous response')
    await client.responses.delete(id)
    expect(await refusalOf(client.responses.retrieve(id))).toContain('not found')
    const unkept = await client.responses.create({ model: 'echo', input: 'x', store: false })
    expect(await refusalOf(client.responses.retrieve(unkept.id))).toContain('not found')
  })

  test('has an answer made in the background, or cancels it', async () => {
    const begin = () => client.responses.create({ model: 'echo', input: 'x', background: true })
    const first = await begin()
    expect([first.status, first.output]).toEqual(['queued', []])
    expect((await client.responses.retrieve(first.id)).status).toBe('completed')
    expect((await client.responses.cancel(first.id)).status).toBe('completed')
    const second = await begin()
    expect((await client.responses.cancel(second.id)).status).toBe('cancelled')
    expect((await client.responses.retrieve(second.id)).status).toBe('cancelled')
  })

  test('counts tokens', async () => {
    const { input_tokens } = await client.responses.inputTokens.count({ model: 'echo', input: 'How are you?', tools })
    const { usage } = await client.responses.create({ model: 'echo', input: 'How are you?', tools })
    expect(input_tokens).toBe(usage?.input_tokens ?? 0)
  })

  test('sees an error inside a stream', async () => {
    const stream = client.responses.stream({ model: 'echo+error-after=1', input: 'one two' })
    expect(await stream.finalResponse().catch(error => error.message)).toContain('Provider returned error')
  })
})

test('no more than a thousand answers are kept', async () => {
  const mine = startSim()
  const ask = async () => {
    const body = JSON.stringify({ model: 'echo', input: 'x' })
    const response = await fetch(`${mine.url}/responses`, { method: 'POST', body })
    return ((await response.json()) as { id: string }).id
  }
  const statusOf = async (id: string) => (await fetch(`${mine.url}/responses/${id}`)).status
  const first = await ask()
  const second = await ask()
  for (let i = 0; i < 998; i++) await ask()
  expect(await statusOf(first)).toBe(200)
  await ask()
  expect([await statusOf(first), await statusOf(second)]).toEqual([404, 200])
  await mine.stop()
})
