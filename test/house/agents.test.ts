import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import Anthropic from '@anthropic-ai/sdk'
import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema'
import { type Content, GoogleGenAI, type Part } from '@google/genai'
import { Agent, OpenAIProvider, Runner, tool } from '@openai/agents'
import OpenAI from 'openai'
import { z } from 'zod'
import { rows, settled } from '../fakes/ledger.ts'
import { dialects, type Six, startSix } from '../fakes/six.ts'

/**
 * Agents that go round five times: four times a tool is called, then there is an answer. The providers that sign their
 * thoughts and calls refuse a turn that comes back without one of its signatures, or with another's.
 */

// Processes are started here, and a busy machine may take its time over that.
setDefaultTimeout(20_000)

let six: Six
beforeAll(async () => {
  six = await startSix()
})
afterAll(() => six?.stop())

const question = 'How are you?'
const rounds = 4
const schema = { type: 'object' as const, properties: { city: { type: 'string' as const } }, required: ['city'] }

const unsigned = ['openai-chat', 'cohere-chat']
const over = (caller: string) => dialects.filter(id => id !== caller)

/** A model that thinks before each step. */
const unsignedThinker = (provider: string): string => `${provider}/tools+think+rounds=${rounds}`

/** At a provider that has signatures it wants all of them back. */
const thinker = (provider: string): string => unsignedThinker(provider) + (unsigned.includes(provider) ? '' : '+signed')

/** Each turn has its row, and all of them went well. */
async function expectFive(provider: string): Promise<void> {
  await settled(six.house)
  const turns = (await rows(six.house)).slice(0, rounds + 1)
  expect(turns.map(row => [row.provider, row.code])).toEqual(Array.from(turns, () => [provider, 'ok']))
}

describe.each(over('openai-responses'))('an agent of OpenAI’s over %s, by Responses', provider => {
  test.each([false, true])('goes round five times (streamed: %p)', async stream => {
    const asked = await runAgent(thinker(provider), true, stream)
    expect(asked).toEqual({ calls: rounds, output: question })
    await expectFive(provider)
  })
})

describe.each(over('openai-chat'))('an agent of OpenAI’s over %s, by chat completions', provider => {
  test.each([false, true])('goes round five times (streamed: %p)', async stream => {
    // Its chats know nothing of signatures.
    const asked = await runAgent(unsignedThinker(provider), false, stream)
    expect(asked).toEqual({ calls: rounds, output: question })
    await expectFive(provider)
  })
})

async function runAgent(model: string, useResponses: boolean, stream: boolean) {
  const openAIClient = new OpenAI({ apiKey: six.house.key, baseURL: `${six.house.url}/v1`, maxRetries: 0 })
  const modelProvider = new OpenAIProvider({ openAIClient, useResponses })
  const runner = new Runner({ modelProvider, tracingDisabled: true })
  let calls = 0
  const weather = tool({
    name: 'weather',
    description: 'The weather in a city.',
    parameters: z.object({ city: z.string() }),
    execute: ({ city }) => `rain in ${city}, ${++calls}`,
  })
  const agent = new Agent({ name: 'Ada', instructions: 'Be brief.', model, tools: [weather] })
  if (!stream) return { output: (await runner.run(agent, question)).finalOutput, calls }
  const run = await runner.run(agent, question, { stream: true })
  await run.completed
  return { output: run.finalOutput, calls }
}

describe.each(over('openai-chat'))('OpenAI’s tool runner over %s', provider => {
  test.each([false, true])('goes round five times (streamed: %p)', async stream => {
    const client = new OpenAI({ apiKey: six.house.key, baseURL: `${six.house.url}/v1`, maxRetries: 0 })
    let calls = 0
    const weather = {
      name: 'weather',
      description: '',
      parameters: schema,
      parse: JSON.parse,
      function: () => `${++calls}`,
    }
    const asked = {
      // It hands back what OpenAI has in its messages, and no signatures.
      model: unsignedThinker(provider),
      messages: [{ role: 'user' as const, content: question }],
      tools: [{ type: 'function' as const, function: weather }],
    }
    const runner = stream
      ? client.chat.completions.runTools({ ...asked, stream })
      : client.chat.completions.runTools(asked)
    expect([await runner.finalContent(), calls]).toEqual([question, rounds])
    await expectFive(provider)
  })
})

describe.each(over('anthropic-messages'))('a loop of Anthropic’s over %s', provider => {
  const client = () => new Anthropic({ apiKey: six.house.key, baseURL: six.house.url, maxRetries: 0 })
  const thinking = { type: 'enabled' as const, budget_tokens: 1024, display: 'summarized' as const }
  const asked = { max_tokens: 4096, thinking }

  test.each([false, true])('goes round five times, thinking each time (streamed: %p)', async stream => {
    const messages: Anthropic.MessageParam[] = [{ role: 'user', content: question }]
    const tools = [{ name: 'weather', input_schema: schema }]
    let turns = 0
    let text = ''
    for (let done = false; !done; turns++) {
      const turn = { ...asked, model: thinker(provider), messages, tools }
      const { content, stop_reason } = stream
        ? await client().messages.stream(turn).finalMessage()
        : await client().messages.create(turn)
      messages.push({ role: 'assistant', content })
      const results = content.flatMap(block =>
        block.type === 'tool_use' ? [{ type: 'tool_result' as const, tool_use_id: block.id, content: 'rain' }] : [],
      )
      expect(stop_reason).toBe(results.length > 0 ? 'tool_use' : 'end_turn')
      if (results.length > 0) messages.push({ role: 'user', content: results })
      text = content.map(block => (block.type === 'text' ? block.text : '')).join('')
      done = results.length === 0 || turns > rounds
    }
    expect([turns, text]).toEqual([rounds + 1, question])
    await expectFive(provider)
  })

  test('goes round five times by its own runner', async () => {
    let calls = 0
    const weather = betaTool({
      name: 'weather',
      description: 'The weather in a city.',
      inputSchema: schema,
      run: () => `rain ${++calls}`,
    })
    const { content } = await client().beta.messages.toolRunner({
      ...asked,
      model: thinker(provider),
      messages: [{ role: 'user', content: question }],
      tools: [weather],
    })
    expect(calls).toBe(rounds)
    expect(content.findLast(block => block.type === 'text')).toMatchObject({ text: question })
    await expectFive(provider)
  })
})

describe.each(over('gemini-generate'))('a chat of Google’s over %s', provider => {
  test.each([false, true])('goes round five times (streamed: %p)', async stream => {
    const client = new GoogleGenAI({ apiKey: six.house.key, httpOptions: { baseUrl: six.house.url } })
    const config = {
      tools: [{ functionDeclarations: [{ name: 'weather', parametersJsonSchema: schema }] }],
      thinkingConfig: { includeThoughts: true, thinkingBudget: 1024 },
    }
    const chat = client.chats.create({ model: thinker(provider), config })
    const say = async (message: string | Part[]): Promise<Content> => {
      const chunks = stream
        ? await Array.fromAsync(await chat.sendMessageStream({ message }))
        : [await chat.sendMessage({ message })]
      return { parts: chunks.flatMap(({ candidates }) => candidates?.[0]?.content?.parts ?? []) }
    }
    let { parts = [] } = await say(question)
    let turns = 1
    for (; turns <= rounds + 1; turns++) {
      const calls = parts.flatMap(({ functionCall }) => functionCall ?? [])
      if (calls.length === 0) break
      const results = calls.map(({ id = '', name = '' }) => ({
        functionResponse: { ...(id && { id }), name, response: { output: 'rain' } },
      }))
      parts = (await say(results)).parts ?? []
    }
    expect(turns).toBe(rounds + 1)
    expect(parts.map(part => (part.thought ? '' : (part.text ?? ''))).join('')).toBe(question)
    await expectFive(provider)
  })
})

test('after all of this nothing is on its way, and nothing was a failure of ours', async () => {
  await settled(six.house)
  expect(six.sim.stats.inFlight).toBe(0)
  expect(six.house.logLines().filter(line => line.level === 'error')).toEqual([])
})
