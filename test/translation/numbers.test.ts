import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { ask } from '../fakes/ask.ts'
import { startThalamus, type Thalamus } from '../fakes/thalamus.ts'
import { reply, scriptedUpstream, stream, type Upstream } from '../fakes/upstream.ts'

/** The arguments of a call are those that the model wrote: also a number that JavaScript cannot hold. */

setDefaultTimeout(20_000)

const id = '1234567890123456789'
const args = `{"id":${id},"at":0.1}`

let upstream: Upstream
let house: Thalamus
beforeAll(async () => {
  upstream = await scriptedUpstream()
  const base = upstream.url.replace('/v1', '')
  const at = (dialect: string, path: string) => ({ dialect, base_url: base + path, keys: ['env:K'] })
  house = await startThalamus({
    config: {
      providers: {
        chat: at('openai-chat', '/v1'),
        responses: at('openai-responses', '/v1'),
        messages: at('anthropic-messages', '/v1'),
        gemini: at('gemini-generate', '/v1beta'),
        bedrock: at('bedrock-converse', ''),
        cohere: at('cohere-chat', '/v2'),
      },
    },
    env: { K: 'sk-of-the-provider' },
  })
})
afterAll(async () => {
  await house?.stop()
  await upstream?.stop()
})

const tool = { type: 'function', function: { name: 'f', parameters: { type: 'object' } } }

const callers: Readonly<
  Record<string, { readonly path: (model: string, streamed: boolean) => string; readonly body: object }>
> = {
  chat: {
    path: () => '/v1/chat/completions',
    body: {
      tools: [tool],
      messages: [
        { role: 'user', content: 'q' },
        { role: 'assistant', tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: args } }] },
        { role: 'tool', tool_call_id: 'c', content: 'r' },
      ],
    },
  },
  responses: {
    path: () => '/v1/responses',
    body: {
      tools: [{ type: 'function', name: 'f', parameters: { type: 'object' } }],
      input: [
        { role: 'user', content: 'q' },
        { type: 'function_call', call_id: 'c', name: 'f', arguments: args },
        { type: 'function_call_output', call_id: 'c', output: 'r' },
      ],
    },
  },
  messages: {
    path: () => '/v1/messages',
    body: {
      max_tokens: 99,
      tools: [{ name: 'f', input_schema: { type: 'object' } }],
      messages: [
        { role: 'user', content: 'q' },
        { role: 'assistant', content: [{ type: 'tool_use', id: 'c', name: 'f', input: 'ARGS' }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'c', content: 'ß' }] },
      ],
    },
  },
  gemini: {
    path: (model, streamed) =>
      `/v1beta/models/${model}:${streamed ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
    body: {
      tools: [{ functionDeclarations: [{ name: 'f' }] }],
      contents: [
        { role: 'user', parts: [{ text: 'q' }] },
        { role: 'model', parts: [{ functionCall: { id: 'c', name: 'f', args: 'ARGS' } }] },
        { role: 'user', parts: [{ functionResponse: { id: 'c', name: 'f', response: { output: 'ß' } } }] },
      ],
    },
  },
}

const wire = (value: object): string => JSON.stringify(value).replaceAll('"ARGS"', args)
const data = (value: object): string => `data: ${wire(value)}\n\n`
const part = { functionCall: { id: 'c', name: 'f', args: 'ARGS' } }
const block = { type: 'tool_use', id: 'c', name: 'f', input: 'ARGS' }
const usage = { input_tokens: 1, output_tokens: 1 }

/** A reply that calls the tool, whole and streamed, of those who write arguments as objects. */
const replies: Readonly<Record<string, { readonly whole: object; readonly streamed?: readonly string[] }>> = {
  messages: {
    whole: {
      type: 'message',
      id: 'm',
      role: 'assistant',
      model: 'm',
      content: [block],
      stop_reason: 'tool_use',
      usage,
    },
    streamed: [
      `event: message_start\n${data({ type: 'message_start', message: { id: 'm', role: 'assistant', content: [], usage } })}`,
      `event: content_block_start\n${data({ type: 'content_block_start', index: 0, content_block: block })}`,
      `event: content_block_stop\n${data({ type: 'content_block_stop', index: 0 })}`,
      `event: message_delta\n${data({ type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage })}`,
      `event: message_stop\n${data({ type: 'message_stop' })}`,
    ],
  },
  gemini: {
    whole: { candidates: [{ content: { role: 'model', parts: [part] }, finishReason: 'STOP' }] },
    streamed: [data({ candidates: [{ content: { role: 'model', parts: [part] }, finishReason: 'STOP' }] })],
  },
  bedrock: {
    whole: {
      output: { message: { role: 'assistant', content: [{ toolUse: { toolUseId: 'c', name: 'f', input: 'ARGS' } }] } },
      stopReason: 'tool_use',
      usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
    },
  },
  chat: {
    whole: {
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: null,
            tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: args } }],
          },
          finish_reason: 'tool_calls',
        },
      ],
    },
    streamed: [
      data({
        choices: [
          {
            index: 0,
            delta: { tool_calls: [{ index: 0, id: 'c', type: 'function', function: { name: 'f', arguments: args } }] },
          },
        ],
      }),
      data({ choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }] }),
      'data: [DONE]\n\n',
    ],
  },
}

const pairs = Object.keys(callers).flatMap(caller =>
  ['chat', 'responses', 'messages', 'gemini', 'bedrock', 'cohere']
    .filter(to => to !== caller)
    .map(to => [caller, to] as const),
)

test.each(pairs)('in a conversation of %s that is told to %s', async (caller, to) => {
  const { path, body } = callers[caller] as (typeof callers)[string]
  upstream.play(reply('{"error":{"message":"no"}}', { status: 400 }))
  await ask(house, wire({ model: `${to}/m`, ...body }), { path: path(`${to}%2Fm`, false) })
  expect(upstream.asked.at(-1)?.body).toContain(id)
})

describe.each(Object.keys(replies))('in a reply of %s', to => {
  const { whole, streamed } = replies[to] as (typeof replies)[string]
  const forms = [false, ...(streamed ? [true] : [])].flatMap(asked =>
    Object.keys(callers)
      .filter(caller => caller !== to)
      .map(caller => [caller, asked] as const),
  )
  test.each(forms)('that is told to %s (streamed: %p)', async (caller, asked) => {
    const { path, body } = callers[caller] as (typeof callers)[string]
    upstream.play(asked ? stream(...(streamed ?? [])) : reply(wire(whole)))
    const model = { model: `${to}/m`, ...(asked && caller !== 'gemini' ? { stream: true } : {}) }
    const { status, text } = await ask(house, wire({ ...model, ...body }), { path: path(`${to}%2Fm`, asked) })
    expect([status, text.includes(id)]).toEqual([200, true])
  })
})
