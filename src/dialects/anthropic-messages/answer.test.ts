import { describe, expect, test } from 'bun:test'
import type { Answer } from '../../model/answer.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Part } from '../../model/part.ts'
import type { Making } from '../dialect.ts'
import { answer } from './answer.ts'
import { request } from './request.ts'

const making: Making = {
  id: 'req_1',
  created: 1,
  maker: 'openai/gpt-5',
  call: { operation: 'chat', model: 'x', stream: false, wantsUsage: true },
  body: {},
}
const message = (...content: JsonObject[]): JsonObject => ({ id: 'msg_1', type: 'message', model: 'claude', content })
const write = (parts: readonly Part[], more: Partial<Answer> = {}): JsonObject =>
  answer.write({ choices: [{ parts, stop: { reason: 'end' } }], ...more }, making)

describe('a glance at a whole reply', () => {
  test('sees its stop and its usage', () => {
    const body = { ...message(), stop_reason: 'refusal', usage: { input_tokens: '7', output_tokens: 2 } }
    expect(answer.glance(body, '', 'chat')).toEqual([
      { type: 'content' },
      { type: 'stop', reason: 'refusal' },
      { type: 'usage', usage: { input: 7, cacheRead: 0, cacheWrite: 0, output: 2, reasoning: 0 } },
    ])
  })

  test('sees that there is nothing in it', () => {
    expect(answer.glance({ ...message(), stop_reason: null, usage: { input_tokens: 7 } }, '', 'chat')).toMatchObject([
      { type: 'usage' },
    ])
  })

  test('sees an error with status 200', () => {
    const [event] = answer.glance({ type: 'error', error: { type: 'api_error', message: 'No.' } }, '{}', 'chat')
    expect(event?.type).toBe('fault')
  })

  test('takes a count of tokens for what it is, and no cost', () => {
    expect(answer.glance({ input_tokens: 12 }, '', 'count_tokens')).toEqual([{ type: 'content' }])
    expect(answer.count?.(12)).toEqual({ input_tokens: 12 })
  })
})

describe('a whole reply is understood', () => {
  test('with thoughts in their own bucket, and what was sealed as its maker’s', () => {
    const usage = {
      input_tokens: 3,
      cache_read_input_tokens: 10,
      cache_creation_input_tokens: 20,
      output_tokens: 50,
      output_tokens_details: { thinking_tokens: 30 },
      service_tier: 'standard',
    }
    const block = { type: 'thinking', thinking: 'Hm', signature: 'sig' }
    const read = answer.read({ ...message(block), usage }, '', 'anthropic/claude')
    expect(read).toEqual({
      id: 'msg_1',
      model: 'claude',
      choices: [
        {
          parts: [
            {
              type: 'reasoning',
              text: 'Hm',
              seal: { dialect: 'anthropic-messages', maker: 'anthropic/claude', value: 'sig' },
            },
          ],
        },
      ],
      usage: { input: 3, cacheRead: 10, cacheWrite: 20, output: 20, reasoning: 30 },
      tier: 'default',
    })
  })

  test('without blocks that say nothing', () => {
    const empty = [
      { type: 'text', text: '' },
      { type: 'thinking', thinking: '', signature: '' },
    ]
    expect(answer.read(message(...empty), '', 'a/b').choices[0]?.parts).toEqual([])
  })

  test('unless its blocks are none: that is the provider’s fault', () => {
    expect(() => answer.read(message({ type: 'text' }), '', 'a/b')).toThrow('cannot be understood')
    expect(() => answer.read({ id: 'x' }, '', 'a/b')).toThrow('cannot be understood')
  })
})

describe('a whole reply is written', () => {
  test('with an id of this dialect, and the model as the provider names it', () => {
    expect(write([], { id: 'chatcmpl-1' })).toMatchObject({ id: 'msg_req_1', model: 'gpt-5' })
    expect(write([], { id: 'msg_9', model: 'claude-x' })).toMatchObject({ id: 'msg_9', model: 'claude-x' })
  })

  test('with a reason for its end, where the provider gave none, and arguments that are an object', () => {
    const call: Part = { type: 'tool-call', id: 'x', name: 'f', input: 'null' }
    expect(answer.write({ choices: [{ parts: [call] }] }, making)).toMatchObject({
      stop_reason: 'tool_use',
      content: [{ type: 'tool_use', input: {} }],
    })
    expect(answer.write({ choices: [] }, making)).toMatchObject({ stop_reason: 'end_turn', content: [] })
  })

  test('with a page that was cited as the result of a search', () => {
    const citations = [{ url: 'https://a.b', title: 'T', quoted: 'Q' }]
    expect(write([{ type: 'text', text: 'Hi', citations }]).content).toEqual([
      {
        type: 'text',
        text: 'Hi',
        citations: [
          { type: 'web_search_result_location', cited_text: 'Q', encrypted_index: '', title: 'T', url: 'https://a.b' },
        ],
      },
    ])
  })

  test('with a citation that another dialect sealed, which comes back sealed', () => {
    const seal = { dialect: 'openai-responses', maker: 'openai/gpt-5', value: '{"start_index":1}' }
    const { content } = write([{ type: 'text', text: 'Hi', citations: [{ url: 'https://a.b', seal }] }])
    const said = { role: 'assistant', content } as JsonObject
    const [part] = request.understand({ messages: [said] }).messages[0]?.parts ?? []
    expect(part?.type === 'text' && part.citations).toMatchObject([{ url: 'https://a.b', seal }])
  })

  const shown: readonly (readonly [string, Extract<Part, { readonly type: 'media' }>, string])[] = [
    [
      'an image',
      { type: 'media', kind: 'image', source: { from: 'data', mediaType: 'image/png', data: 'AA==' } },
      '![image](data:image/png;base64,AA==)',
    ],
    ['a link', { type: 'media', kind: 'video', source: { from: 'url', url: 'https://a.b' } }, '[video](https://a.b)'],
    [
      'sound',
      { type: 'media', kind: 'audio', source: { from: 'data', mediaType: 'audio/wav', data: '' }, transcript: 'Hello' },
      'Hello',
    ],
  ]
  test.each([...shown])('with %s as words', (_, part, words) => {
    expect(write([part]).content).toEqual([{ type: 'text', text: words, citations: null }])
  })
})
