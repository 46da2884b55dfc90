import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { ChatAnthropic } from '@langchain/anthropic'
import { HumanMessage, SystemMessage, ToolMessage } from '@langchain/core/messages'
import { tool } from '@langchain/core/tools'
import { concat } from '@langchain/core/utils/stream'
import { ChatOpenAI } from '@langchain/openai'
import { z } from 'zod'
import { rows, settled } from '../fakes/ledger.ts'
import { dialects, type Six, startSix } from '../fakes/six.ts'

/** LangChain's models of OpenAI and Anthropic, where every provider behind the relay is of another dialect. */

// Processes are started here, and a busy machine may take its time over that.
setDefaultTimeout(20_000)

let six: Six
beforeAll(async () => {
  six = await startSix()
})
afterAll(() => six?.stop())

const openai = (model: string, useResponsesApi: boolean) =>
  new ChatOpenAI({
    model,
    apiKey: six.house.key,
    configuration: { baseURL: `${six.house.url}/v1` },
    maxRetries: 0,
    useResponsesApi,
  })

const kinds = [
  { name: 'ChatOpenAI', speaks: 'openai-chat', chat: (model: string) => openai(model, false) },
  { name: 'ChatOpenAI (responses)', speaks: 'openai-responses', chat: (model: string) => openai(model, true) },
  {
    name: 'ChatAnthropic',
    speaks: 'anthropic-messages',
    chat: (model: string) =>
      new ChatAnthropic({
        model,
        apiKey: six.house.key,
        anthropicApiUrl: six.house.url,
        maxRetries: 0,
        maxTokens: 4096,
      }),
  },
]

const pairs = kinds.flatMap(kind => dialects.filter(id => id !== kind.speaks).map(provider => ({ ...kind, provider })))

const weather = tool(({ city }) => `rain in ${city}`, {
  name: 'weather',
  description: 'The weather in a city.',
  schema: z.object({ city: z.string() }),
})

const question = [new SystemMessage('Be brief.'), new HumanMessage('How are you?')]

describe.each(pairs)('$name over $provider', ({ chat, provider, speaks }) => {
  test('is invoked, and is told its usage', async () => {
    const answer = await chat(`${provider}/echo`).invoke(question)
    expect(answer.text).toBe('How are you?')
    const [row] = await rows(six.house)
    expect(row).toMatchObject({ code: 'ok', dialect: speaks, provider, usage: { output: 4 } })
    expect(answer.usage_metadata as unknown).toMatchObject({ input_tokens: row?.usage?.input, output_tokens: 4 })
  })

  test('streams, and its pieces are one message', async () => {
    const chunks = await Array.fromAsync(await chat(`${provider}/echo`).stream(question))
    expect(chunks.filter(({ text }) => text !== '').length).toBeGreaterThan(1)
    expect(chunks.reduce((one, other) => concat(one, other)).text).toBe('How are you?')
  })

  test.each([false, true])('has tools called, and goes on with their results (streamed: %p)', async streamed => {
    const model = chat(`${provider}/tools+think+parallel=2`).bindTools([weather])
    const ask = async (messages: Parameters<typeof model.invoke>[0]) =>
      streamed
        ? (await Array.fromAsync(await model.stream(messages))).reduce((one, other) => concat(one, other))
        : await model.invoke(messages)
    const called = await ask(question)
    expect(called.tool_calls?.map(({ name, args }) => [name, args])).toEqual([
      ['weather', { city: expect.any(String) }],
      ['weather', { city: expect.any(String) }],
    ])
    const results = await Promise.all(
      (called.tool_calls ?? []).map(call => weather.invoke({ ...call, type: 'tool_call' })),
    )
    expect(results.every(result => result instanceof ToolMessage)).toBe(true)
    const after = await ask([...question, called, ...(results as ToolMessage[])])
    expect([after.text, after.tool_calls ?? []]).toEqual(['How are you?', []])
  })

  test('fills a schema', async () => {
    const schema = z.object({ title: z.string(), minutes: z.number() })
    const filled = await chat(`${provider}/echo`).withStructuredOutput(schema, { name: 'plan' }).invoke(question)
    expect(schema.parse(filled)).toEqual(filled)
  })

  test('raises errors with their status and sentence', async () => {
    const error = await chat(`${provider}/echo+status=400`)
      .invoke(question)
      .catch(cause => cause)
    expect(error).toMatchObject({ status: 400, message: expect.stringContaining(`${provider} answered 400`) })
  })

  test('learns of a stream that breaks off', async () => {
    let text = ''
    const read = async () => {
      for await (const chunk of await chat(`${provider}/lorem+cut=5`).stream(question)) text += chunk.text
    }
    const error = await read().catch(cause => cause)
    expect(text).not.toBe('')
    expect(error).toBeInstanceOf(Error)
  })
})

test('after all of this nothing is on its way, and nothing was a failure of ours', async () => {
  await settled(six.house)
  expect(six.sim.stats.inFlight).toBe(0)
  expect(six.house.logLines().filter(line => line.level === 'error')).toEqual([])
})
