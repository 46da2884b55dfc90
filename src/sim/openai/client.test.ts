import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import OpenAI from 'openai'
import { zodResponseFormat } from 'openai/helpers/zod'
import { z } from 'zod'
import { type Sim, startSim } from '../sim.ts'

let sim: Sim
let client: OpenAI
beforeAll(() => {
  sim = startSim()
  client = new OpenAI({ apiKey: 'none', baseURL: sim.url, maxRetries: 0 })
})
afterAll(() => sim.stop())

const messages = [{ role: 'user' as const, content: 'How are you?' }]
const tools = [
  {
    type: 'function' as const,
    function: {
      name: 'weather',
      parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    },
  },
]

describe("OpenAI's own client", () => {
  test('chats', async () => {
    const answer = await client.chat.completions.create({ model: 'echo', messages })
    expect(answer.choices[0]?.message.content).toBe('How are you?')
    expect(answer._request_id).toMatch(/^req_/)
  })

  test('streams', async () => {
    const stream = await client.chat.completions.create({
      model: 'echo',
      messages,
      stream: true,
      stream_options: { include_usage: true },
    })
    let text = ''
    let total = 0
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? ''
      total += chunk.usage?.total_tokens ?? 0
    }
    expect([text, total]).toEqual(['How are you?', 11])
  })

  test('puts a stream together', async () => {
    const runner = client.chat.completions.stream({ model: 'lorem', messages, n: 2 })
    const { choices } = await runner.finalChatCompletion()
    expect(choices.map(choice => choice.finish_reason)).toEqual(['stop', 'stop'])
  })

  test('has a tool called when it must be', async () => {
    const answer = await client.chat.completions.create({ model: 'echo', messages, tools, tool_choice: 'required' })
    const call = answer.choices[0]?.message.tool_calls?.[0]
    expect(call?.type === 'function' && JSON.parse(call.function.arguments)).toEqual({ city: expect.any(String) })
  })

  test('has a tool called in a stream', async () => {
    const runner = client.chat.completions.stream({ model: 'tools', messages, tools })
    const { choices } = await runner.finalChatCompletion()
    const call = choices[0]?.message.tool_calls?.[0]
    expect(call?.type === 'function' && call.function.name).toBe('weather')
    expect(choices[0]?.finish_reason).toBe('tool_calls')
  })

  test('runs tools to the end', async () => {
    const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
    const run = { name: 'weather', description: 'The weather.', parameters, parse: JSON.parse, function: () => 'rain' }
    const runner = client.chat.completions.runTools({
      model: 'tools',
      messages,
      tools: [{ type: 'function', function: run }],
    })
    expect(await runner.finalContent()).toBe('How are you?')
  })

  test('parses what a schema asks for', async () => {
    const Plan = z.object({
      title: z.string(),
      steps: z.array(z.object({ minutes: z.number().int().min(1), mood: z.enum(['calm', 'wild']) })),
      note: z.string().nullable(),
    })
    const answer = await client.chat.completions.parse({
      model: 'echo',
      messages,
      response_format: zodResponseFormat(Plan, 'plan'),
    })
    const parsed = answer.choices[0]?.message.parsed
    expect(parsed?.steps[0]).toEqual({ minutes: 1, mood: 'calm' })
  })

  test('embeds, in the base64 that it asks for by itself', async () => {
    const { data } = await client.embeddings.create({ model: 'embed', input: ['one', 'two'] })
    expect(data.map(each => each.embedding.length)).toEqual([256, 256])
    const [floats] = (await client.embeddings.create({ model: 'embed', input: 'one', encoding_format: 'float' })).data
    expect(data[0]?.embedding.map(Math.fround)).toEqual(floats?.embedding.map(Math.fround) ?? [])
  })

  test('completes a prompt and lists the models', async () => {
    const answer = await client.completions.create({ model: 'echo', prompt: 'one' })
    expect(answer.choices[0]?.text).toBe('one')
    const names: string[] = []
    for await (const model of client.models.list()) names.push(model.id)
    expect(names).toContain('lorem')
  })

  test.each([
    ['echo+429', OpenAI.RateLimitError],
    ['echo+500', OpenAI.InternalServerError],
    ['echo+auth', OpenAI.AuthenticationError],
    ['gpt-9', OpenAI.NotFoundError],
    ['echo+reset', OpenAI.APIConnectionError],
  ])('knows the error of %s', async (model, type) => {
    const error = await client.chat.completions.create({ model, messages }).catch(cause => cause)
    expect(error).toBeInstanceOf(type)
  })

  test('retries by itself, as long as it is told to', async () => {
    const patient = new OpenAI({ apiKey: 'none', baseURL: sim.url, maxRetries: 2 })
    const headers = { 'x-sim': 'fail=1', 'x-sim-session': 'patient' }
    const answer = await patient.chat.completions.create({ model: 'echo', messages }, { headers })
    expect(answer.choices[0]?.message.content).toBe('How are you?')
  })

  test('sees an error inside a stream', async () => {
    const stream = await client.chat.completions.create({ model: 'echo+error-after=1', messages, stream: true })
    const read = async () => {
      for await (const _ of stream);
    }
    const error = await read().catch(cause => cause)
    expect(String(error)).toContain('Provider returned error')
  })
})
