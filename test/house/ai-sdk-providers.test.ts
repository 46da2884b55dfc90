import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { createAnthropic } from '@ai-sdk/anthropic'
import { createGoogleGenerativeAI } from '@ai-sdk/google'
import { createOpenAI } from '@ai-sdk/openai'
import { APICallError, generateText, type LanguageModel, Output, stepCountIs, streamText, tool } from 'ai'
import { z } from 'zod'
import { rowOf, rows, settled } from '../fakes/ledger.ts'
import { type DialectId, dialects, type Six, startSix } from '../fakes/six.ts'

/** Vercel's AI SDK by the package of each provider, where every provider behind the relay is of another dialect. */

// Processes are started here, and a busy machine may take its time over that.
setDefaultTimeout(20_000)

// Warnings about names of models that the SDK does not know.
globalThis.AI_SDK_LOG_WARNINGS = false

let six: Six
beforeAll(async () => {
  six = await startSix()
})
afterAll(() => six?.stop())

const settings = (prefix: string) => ({ apiKey: six.house.key, baseURL: six.house.url + prefix })

/** How much each is asked to think, in its own words. */
const packages: readonly {
  readonly name: string
  readonly speaks: DialectId
  readonly model: (id: string) => LanguageModel
  readonly thinks: Parameters<typeof generateText>[0]['providerOptions']
}[] = [
  {
    name: '@ai-sdk/openai (chat)',
    speaks: 'openai-chat',
    model: id => createOpenAI(settings('/v1')).chat(id),
    thinks: { openai: { reasoningEffort: 'low' } },
  },
  {
    name: '@ai-sdk/openai (responses)',
    speaks: 'openai-responses',
    model: id => createOpenAI(settings('/v1')).responses(id),
    thinks: { openai: { reasoningEffort: 'low', reasoningSummary: 'auto', store: false } },
  },
  {
    // Refers to what the model said by the ids of its items, and does not send it again.
    name: '@ai-sdk/openai (responses, by reference)',
    speaks: 'openai-responses',
    model: id => createOpenAI(settings('/v1')).responses(id),
    thinks: { openai: { reasoningEffort: 'low', reasoningSummary: 'auto' } },
  },
  {
    name: '@ai-sdk/anthropic',
    speaks: 'anthropic-messages',
    model: id => createAnthropic(settings('/v1'))(id),
    thinks: { anthropic: { thinking: { type: 'enabled', budgetTokens: 1024 } } },
  },
  {
    name: '@ai-sdk/google',
    speaks: 'gemini-generate',
    model: id => createGoogleGenerativeAI(settings('/v1beta'))(id),
    thinks: { google: { thinkingConfig: { includeThoughts: true, thinkingBudget: 1024 } } },
  },
]

const pairs = packages.flatMap(each =>
  dialects.filter(id => id !== each.speaks).map(provider => ({ ...each, provider })),
)
const prompt = 'How are you?'

const weather = (seen: unknown[] = []) =>
  tool({
    description: 'The weather in a city.',
    inputSchema: z.object({ city: z.string() }),
    execute: input => {
      seen.push(input)
      return 'rain'
    },
  })

/** Whether a provider is to insist on its own signatures: these have none, and a chat's messages of the SDK carry none. */
const signs = (provider: string, speaks: string): string =>
  ['openai-chat', 'cohere-chat'].includes(provider) || speaks === 'openai-chat' ? '' : '+signed'

describe.each(pairs)('$name over $provider', ({ model, provider, speaks, thinks }) => {
  test('generates a text, and tells its usage', async () => {
    const asked = { model: model(`${provider}/echo`), prompt, instructions: 'Be brief.' }
    const { text, usage, finishReason, response } = await generateText(asked)
    expect([text, finishReason]).toEqual([prompt, 'stop'])
    expect(await rowOf(six.house, response.headers?.['x-request-id'] ?? '')).toMatchObject({
      code: 'ok',
      dialect: speaks,
      provider,
      usage: { input: usage.inputTokens, output: usage.outputTokens },
    })
  })

  test('streams a text, and is told its usage', async () => {
    const { textStream, usage, finishReason } = streamText({ model: model(`${provider}/echo`), prompt })
    const texts = await Array.fromAsync(textStream)
    expect([texts.join(''), await finishReason]).toEqual([prompt, 'stop'])
    expect(texts.length).toBeGreaterThan(1)
    expect((await usage).outputTokens).toBe(4)
  })

  test.each(['generateText', 'streamText'])('has tools called, and goes on with their results, by %s', async how => {
    const seen: unknown[] = []
    const asking = {
      model: model(`${provider}/tools+think${signs(provider, speaks)}`),
      prompt,
      tools: { weather: weather(seen) },
      stopWhen: stepCountIs(3),
      ...(thinks && { providerOptions: thinks }),
    }
    const errors: unknown[] = []
    const onError = ({ error }: { readonly error: unknown }) => void errors.push(error)
    const { text, steps } = how === 'generateText' ? await generateText(asking) : streamText({ ...asking, onError })
    expect(await text).toBe(prompt)
    expect(errors).toEqual([])
    expect(seen).toEqual([{ city: expect.any(String) }])
    expect((await steps).map(step => step.finishReason)).toEqual(['tool-calls', 'stop'])
  })

  test('fills a schema, whole and streamed', async () => {
    const schema = z.object({ title: z.string(), minutes: z.number().int() })
    const asking = { model: model(`${provider}/echo`), prompt, output: Output.object({ schema }) }
    const whole = await generateText(asking)
    expect(schema.parse(whole.output)).toEqual(whole.output)
    expect(await streamText(asking).output).toEqual(whole.output)
  })

  test('raises errors with their status and sentence', async () => {
    const asking = generateText({ model: model(`${provider}/echo+status=400`), prompt, maxRetries: 0 })
    const error = await asking.catch(cause => cause)
    expect(APICallError.isInstance(error)).toBe(true)
    expect(error.message).toStartWith(`${provider} answered 400`)
    expect(error.statusCode).toBe(400)
  })

  test('learns of a stream that breaks off', async () => {
    const errors: unknown[] = []
    const { fullStream } = streamText({
      model: model(`${provider}/lorem+cut=5`),
      prompt,
      maxRetries: 0,
      onError: ({ error }) => void errors.push(error),
    })
    const kinds = new Set((await Array.fromAsync(fullStream)).map(part => part.type))
    expect([kinds.has('text-delta'), kinds.has('error')]).toEqual([true, true])
    expect(errors).toHaveLength(1)
  })
})

test.each(pairs.filter(({ speaks }) => speaks === 'anthropic-messages' || speaks === 'gemini-generate'))(
  '$name is shown the thoughts of $provider',
  async ({ model, provider, thinks }) => {
    const asked = { model: model(`${provider}/echo+think`), prompt, ...(thinks && { providerOptions: thinks }) }
    const { reasoningText } = await generateText(asked)
    const streamed = streamText(asked)
    expect(reasoningText).toStartWith('Lorem')
    expect(await streamed.reasoningText).toBe(reasoningText ?? '')
  },
)

test('a stream that is aborted stops the provider, and is settled', async () => {
  for (const { model, provider } of pairs.filter((_, i) => i % 5 === 0)) {
    const abort = new AbortController()
    const { fullStream } = streamText({
      model: model(`${provider}/lorem+stall=3`),
      prompt,
      abortSignal: abort.signal,
    })
    for await (const part of fullStream) if (part.type === 'text-delta') abort.abort()
    await settled(six.house)
    expect((await rows(six.house))[0]).toMatchObject({ code: 'client_closed', status: 499, provider })
  }
})

test('after all of this nothing is on its way, and nothing was a failure of ours', async () => {
  await settled(six.house)
  expect(six.sim.stats.inFlight).toBe(0)
  expect(six.house.logLines().filter(line => line.level === 'error')).toEqual([])
})
