import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { APICallError, embed, embedMany, generateText, Output, stepCountIs, streamText, tool } from 'ai'
import { z } from 'zod'
import { rowOf, rows, settled } from '../fakes/ledger.ts'
import { startThalamus, type Thalamus } from '../fakes/thalamus.ts'

/** Vercel's AI SDK, by both of its ways to OpenAI's API, pointed at the running relay. */

// Processes are started here, and a busy machine may take its time over that.
setDefaultTimeout(20_000)

let house: Thalamus
beforeAll(async () => {
  house = await startThalamus({ config: { defaults: { retry: { attempts: 1 } } } })
})
afterAll(() => house?.stop())

const settings = () => ({ apiKey: house.key, baseURL: `${house.url}/v1` })
const ways = [
  {
    way: '@ai-sdk/openai',
    chat: (model: string) => createOpenAI(settings()).chat(model),
    embedding: (model: string) => createOpenAI(settings()).embedding(model),
  },
  {
    way: '@ai-sdk/openai-compatible',
    chat: (model: string) =>
      createOpenAICompatible({ ...settings(), name: 'thalamus', supportsStructuredOutputs: true, includeUsage: true })(
        model,
      ),
    embedding: (model: string) => createOpenAICompatible({ ...settings(), name: 'thalamus' }).embeddingModel(model),
  },
]
const prompt = 'How are you?'

describe.each(ways)('$way', ({ chat, embedding }) => {
  test('generates a text, and tells its usage', async () => {
    const { text, usage, finishReason, response } = await generateText({ model: chat('sim/echo'), prompt })
    expect([text, finishReason]).toEqual([prompt, 'stop'])
    const row = await rowOf(house, response.headers?.['x-request-id'] ?? '')
    expect(row).toMatchObject({ code: 'ok', usage: { input: usage.inputTokens, output: usage.outputTokens } })
  })

  test('streams a text, and is told its usage', async () => {
    const { textStream, usage, finishReason } = streamText({ model: chat('sim/echo'), prompt })
    let text = ''
    for await (const part of textStream) text += part
    expect([text, await finishReason]).toEqual([prompt, 'stop'])
    expect((await usage).outputTokens).toBeGreaterThan(0)
  })

  test.each(['generateText', 'streamText'])('has tools called, and goes on with their results, by %s', async how => {
    let asked: unknown
    const weather = tool({
      description: 'The weather in a city.',
      inputSchema: z.object({ city: z.string() }),
      execute: input => {
        asked = input
        return 'rain'
      },
    })
    const asking = { model: chat('sim/tools'), prompt, tools: { weather }, stopWhen: stepCountIs(3) }
    const { text, steps } = how === 'generateText' ? await generateText(asking) : streamText(asking)
    expect(await text).toBe(prompt)
    expect(asked).toEqual({ city: expect.any(String) })
    expect(await steps).toHaveLength(2)
  })

  test('fills a schema, whole and streamed', async () => {
    const schema = z.object({ title: z.string(), minutes: z.number().int().min(1) })
    const asking = { model: chat('sim/echo'), prompt, output: Output.object({ schema }) }
    const whole = await generateText(asking)
    expect(schema.parse(whole.output)).toEqual(whole.output)
    const streamed = streamText(asking)
    expect(await streamed.output).toEqual(whole.output)
  })

  test('embeds one and many', async () => {
    const one = await embed({ model: embedding('sim/embed'), value: 'one' })
    const many = await embedMany({ model: embedding('sim/embed'), values: ['one', 'two'] })
    expect(many.embeddings.map(each => each.length)).toEqual([256, 256])
    expect(many.embeddings[0]).toEqual(one.embedding)
  })

  test('raises errors with their status and sentence', async () => {
    const error = await generateText({ model: chat('sim/eccho'), prompt, maxRetries: 0 }).catch(cause => cause)
    expect(APICallError.isInstance(error)).toBe(true)
    expect(error).toMatchObject({ statusCode: 404, message: expect.stringContaining("Did you mean 'sim/echo'") })
  })

  test('learns of a stream that breaks off', async () => {
    const errors: unknown[] = []
    const { fullStream } = streamText({
      model: chat('sim/echo+cut'),
      prompt: 'a b c d e f',
      maxRetries: 0,
      onError: ({ error }) => void errors.push(error),
    })
    const kinds: string[] = []
    for await (const part of fullStream) kinds.push(part.type)
    expect(kinds).toContain('error')
    expect(errors).toHaveLength(1)
  })

  test('stops the provider when it is aborted', async () => {
    const abort = new AbortController()
    const { fullStream } = streamText({ model: chat('sim/lorem+stall=3'), prompt, abortSignal: abort.signal })
    for await (const part of fullStream) if (part.type === 'text-delta') abort.abort()
    await settled(house)
    expect((await rows(house))[0]).toMatchObject({ code: 'client_closed', status: 499 })
  })
})

test('the AI SDK retries by itself what may pass', async () => {
  const before = (await rows(house)).length
  const words = `recover ${crypto.randomUUID()}`
  const { text } = await generateText({
    model: createOpenAI(settings()).chat('sim/echo+fail=1'),
    prompt: words,
    maxRetries: 1,
  })
  expect(text).toBe(words)
  const tries = (await rows(house)).slice(0, -before || undefined)
  expect(tries.map(row => row.code)).toEqual(['ok', 'upstream_failed'])
})
