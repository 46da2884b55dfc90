import { describe, expect, test } from 'bun:test'
import { ApiError, GoogleGenAI } from '@google/genai'
import type { Delta } from '../../model/delta.ts'
import { Fault } from '../../model/fault.ts'
import { fold } from '../../model/fold.ts'
import type { JsonObject } from '../../model/json.ts'
import { answer } from './answer.ts'
import { fault } from './fault.ts'
import { making } from './sample.test-data.ts'
import { stream } from './stream.ts'
import { understand } from './understand.ts'

/** Google's own client, as it reads what we write and writes what we read. */

/** A client whose every call is answered with these bytes; what it sent is kept. */
function client(bytes: Uint8Array | JsonObject, status = 200) {
  const sent: JsonObject[] = []
  const streamed = bytes instanceof Uint8Array
  const ai = new GoogleGenAI({
    apiKey: 'k',
    httpOptions: {
      fetch: async (_: unknown, init: { readonly body?: unknown } = {}) => {
        sent.push(JSON.parse(String(init.body)) as JsonObject)
        return new Response(streamed ? Buffer.from(bytes) : JSON.stringify(bytes), {
          status,
          headers: { 'content-type': streamed ? 'text/event-stream' : 'application/json' },
        })
      },
    },
  } as ConstructorParameters<typeof GoogleGenAI>[0])
  return { ai, sent }
}

const seal = { dialect: 'anthropic-messages', maker: 'anthropic/claude', value: 'sig' }
const deltas: readonly Delta[] = [
  { type: 'start', id: 'r-1', model: 'claude' },
  { type: 'reasoning', at: 0, text: 'hm' },
  { type: 'seal', at: 0, seal },
  { type: 'text', at: 1, text: 'Hé' },
  { type: 'text', at: 1, text: 'llo' },
  { type: 'citation', at: 1, citation: { url: 'https://a.test', start: 0, end: 2 } },
  { type: 'tool', at: 2, id: 'toolu_1', name: 'f' },
  { type: 'input', at: 2, text: '{"a":1}' },
  { type: 'stop', reason: 'tools', raw: 'tool_use' },
  { type: 'usage', usage: { input: 1, cacheRead: 2, cacheWrite: 0, output: 3, reasoning: 4 } },
]

function written(): Uint8Array {
  const writer = stream.writer(making())
  return Buffer.concat([...deltas.map(delta => writer.write([delta])), writer.end()])
}

describe('Google’s client', () => {
  test('reads a whole reply', async () => {
    const { ai } = client(answer.write(fold(deltas), making()))
    const response = await ai.models.generateContent({ model: 'smart', contents: 'hi' })
    expect([response.text, response.responseId, response.modelVersion]).toEqual(['Héllo', 'r-1', 'claude'])
    expect(response.functionCalls).toEqual([{ id: 'toolu_1', name: 'f', args: { a: 1 } }])
    expect(response.usageMetadata).toMatchObject({
      promptTokenCount: 3,
      candidatesTokenCount: 3,
      thoughtsTokenCount: 4,
    })
    expect(response.candidates?.[0]?.groundingMetadata?.groundingSupports?.[0]?.segment?.text).toBe('Hé')
  })

  test('reads a stream, chunk by chunk', async () => {
    const { ai } = client(written())
    const texts: string[] = []
    const calls: unknown[] = []
    const ends: unknown[] = []
    for await (const chunk of await ai.models.generateContentStream({ model: 'smart', contents: 'hi' })) {
      texts.push(chunk.text ?? '')
      calls.push(...(chunk.functionCalls ?? []))
      if (chunk.candidates?.[0]?.finishReason)
        ends.push(chunk.candidates[0].finishReason, chunk.usageMetadata?.totalTokenCount)
    }
    expect(texts.join('')).toBe('Héllo')
    expect(calls).toEqual([{ id: 'toolu_1', name: 'f', args: { a: 1 } }])
    expect(ends).toEqual(['STOP', 10])
  })

  test('keeps a streamed reply in its chat, and gives back all that was sealed in it', async () => {
    const { ai, sent } = client(written())
    const chat = ai.chats.create({ model: 'smart' })
    for await (const _ of await chat.sendMessageStream({ message: 'hi' }));
    expect(chat.getHistory(true).length).toBeGreaterThan(1)
    for await (const _ of await chat.sendMessageStream({
      message: { functionResponse: { id: 'toolu_1', name: 'f', response: { output: 'ok' } } },
    }));
    const parts = understand(sent[1] ?? {}).messages.flatMap(message => message.parts)
    expect(parts).toContainEqual(expect.objectContaining({ type: 'reasoning', seal }))
    expect(parts).toContainEqual(expect.objectContaining({ type: 'tool-call', id: 'toolu_1', input: '{"a":1}' }))
    expect(parts).toContainEqual(expect.objectContaining({ type: 'tool-result', call: 'toolu_1' }))
  })

  test('raises an error for a fault, and for one in the middle of a stream', async () => {
    const broken = new Fault('overloaded', 'Try — again.')
    const refused = client(fault.write(broken, 'req-1'), 503)
    const failure = await refused.ai.models
      .generateContent({ model: 'smart', contents: 'hi' })
      .catch((error: unknown) => error)
    expect(failure instanceof ApiError && [failure.status, failure.message.includes('Try — again.')]).toEqual([
      503,
      true,
    ])

    const writer = stream.writer(making())
    const cut = client(Buffer.concat([writer.write(deltas.slice(0, 4)), writer.fail(broken, 'req-1')]))
    const read = async (): Promise<void> => {
      for await (const _ of await cut.ai.models.generateContentStream({ model: 'smart', contents: 'hi' }));
    }
    expect(String(await read().catch((error: unknown) => error))).toContain('Try — again.')
  })

  test('is understood in all that it writes', async () => {
    const { ai, sent } = client(answer.write(fold(deltas), making()))
    await ai.models.generateContent({
      model: 'smart',
      contents: [{ role: 'user', parts: [{ text: 'hi' }, { inlineData: { mimeType: 'image/png', data: 'aa' } }] }],
      config: {
        systemInstruction: 'be brief',
        temperature: 0,
        maxOutputTokens: 9,
        stopSequences: ['x'],
        responseMimeType: 'application/json',
        responseJsonSchema: { type: 'object' },
        thinkingConfig: { thinkingBudget: 0, includeThoughts: true },
        tools: [
          { functionDeclarations: [{ name: 'f', parametersJsonSchema: { type: 'object' } }] },
          { googleSearch: {} },
        ],
      },
    })
    const chat = understand(sent[0] ?? {})
    expect(chat).toMatchObject({
      messages: [
        { role: 'system', parts: [{ text: 'be brief' }] },
        { role: 'user', parts: [{ text: 'hi' }, { kind: 'image' }] },
      ],
      ...{
        temperature: 0,
        maxTokens: 9,
        stop: ['x'],
        format: { type: 'schema' },
        reasoning: { budget: 0, shown: true },
      },
      tools: [
        { type: 'function', name: 'f' },
        { type: 'hosted', kind: 'web-search' },
      ],
      extras: { fields: {} },
    })
  })
})
