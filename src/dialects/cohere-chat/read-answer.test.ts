import { describe, expect, test } from 'bun:test'
import { Fault } from '../../model/fault.ts'
import type { JsonObject } from '../../model/json.ts'
import { cohereChat } from './index.ts'

const maker = 'cohere/command-a'
const { answer, fault } = cohereChat
const reply = (message: JsonObject, more: JsonObject = {}): JsonObject => ({
  id: 'i',
  message,
  finish_reason: 'COMPLETE',
  ...more,
})
const partsOf = (message: JsonObject) => answer.read(reply(message), '', maker).choices[0]?.parts

describe('a reply', () => {
  test.each([
    [{ content: 'Hi' }, [{ type: 'text', text: 'Hi' }]],
    [{ content: [] }, []],
    [{}, []],
    [
      {
        content: [
          { type: 'thinking', thinking: 'Hm' },
          { type: 'text', text: 'Hi' },
        ],
      },
      [
        { type: 'reasoning', text: 'Hm' },
        { type: 'text', text: 'Hi' },
      ],
    ],
    [
      { tool_plan: 'I will.', tool_calls: [{ id: 'a', type: 'function', function: { name: 'n', arguments: '' } }] },
      [
        { type: 'reasoning', text: 'I will.', seal: { dialect: 'cohere-chat', maker, value: 'tool_plan' } },
        { type: 'tool-call', id: 'a', name: 'n', input: '{}' },
      ],
    ],
    [
      { tool_calls: [{ function: { name: 'n', arguments: { a: 1 } } }] },
      [{ type: 'tool-call', id: 'call_0', name: 'n', input: '{"a":1}' }],
    ],
  ])('%j', (message, parts) => {
    expect(partsOf(message)).toEqual(parts as never)
  })

  test('has citations at the text that they are about', () => {
    const citation = (index: number | undefined, word: string) => ({
      start: 0,
      end: 1,
      text: word,
      ...(index === undefined ? {} : { content_index: index }),
    })
    const content = [
      { type: 'thinking', thinking: 'a' },
      { type: 'text', text: 'b' },
      { type: 'text', text: 'c' },
    ]
    const parts = partsOf({
      content,
      citations: [citation(undefined, 'b'), citation(2, 'c'), { ...citation(0, 'a'), type: 'THINKING_CONTENT' }],
    })
    expect(parts?.map(part => (part.type === 'text' ? part.citations?.length : 0))).toEqual([0, 1, 1])
  })

  test.each([
    ['COMPLETE', 'end'],
    ['STOP_SEQUENCE', 'sequence'],
    ['MAX_TOKENS', 'length'],
    ['TOOL_CALL', 'tools'],
    ['ERROR_TOXIC', 'filtered'],
    ['ERROR_LIMIT', 'context'],
    ['SOMETHING_NEW', 'other'],
  ] as const)('that stopped by %s stopped by %s', (raw, reason) => {
    expect(answer.read(reply({}, { finish_reason: raw }), '', maker).choices[0]?.stop).toEqual({ reason, raw })
  })

  test('tells tokens, not what was billed: images beside the input, thoughts and cached ones within', () => {
    const usage = {
      billed_units: { input_tokens: 267 },
      tokens: { input_tokens: 34, output_tokens: 70, reasoning_tokens: 10, image_tokens: 259 },
      cached_tokens: 30,
    }
    const read = answer.read(reply({}, { usage }), '', maker)
    expect(read.usage).toEqual({ input: 263, cacheRead: 30, cacheWrite: 0, output: 60, reasoning: 10 })
    expect(read.extras).toEqual({ dialect: 'cohere-chat', fields: { billed_units: { input_tokens: 267 } } })
  })

  test('tells probabilities', () => {
    const read = answer.read(reply({}, { logprobs: [{ text: 'Hi', token_ids: [1], logprobs: [-0.5] }] }), '', maker)
    expect(read.choices[0]?.logprobs).toEqual([{ token: 'Hi', logprob: -0.5, top: [] }])
  })

  test.each([
    ['that failed', reply({}, { finish_reason: 'ERROR' }), 'upstream_failed'],
    ['that came too late', reply({}, { finish_reason: 'TIMEOUT' }), 'upstream_timeout'],
    ['that is an error', { id: 'i', message: 'Oh no.' }, 'upstream_failed'],
    ['that is nothing', {}, 'upstream_failed'],
    ['with content that is none', reply({ content: [5] }), 'upstream_failed'],
    ['with content without words', reply({ content: [{ type: 'new' }] }), 'upstream_failed'],
    ['with a call without a name', reply({ tool_calls: [{}] }), 'upstream_failed'],
  ] as const)('%s is a fault', (_, body, code) => {
    expect(() => answer.read(body, '', maker)).toThrow(Fault)
    const [event] = answer.glance(body, '', 'chat')
    expect(event?.type === 'fault' && event.fault.code).toBe(code)
  })

  test('is watched as any other', () => {
    expect(answer.glance(reply({ content: 'Hi' }), '', 'chat')).toEqual([
      { type: 'content' },
      { type: 'stop', reason: 'COMPLETE' },
    ])
  })
})

describe('a refusal', () => {
  const read = (status: number, body: string) =>
    fault.read({ provider: 'cohere', status, contentType: 'application/json', retryAfterMs: undefined, body })

  test.each([
    [400, 'invalid_request'],
    [422, 'invalid_request'],
    [401, 'upstream_failed'],
    [402, 'upstream_failed'],
    [403, 'upstream_failed'],
    [404, 'model_not_found'],
    [413, 'too_large'],
    [429, 'rate_limited'],
    [499, 'upstream_failed'],
    [500, 'upstream_failed'],
    [503, 'overloaded'],
    [504, 'upstream_timeout'],
  ] as const)('of %d is %s', (status, code) => {
    expect([read(status, '{"id":"i","message":"Words."}').code, read(status, '{"message":"Words."}').message]).toEqual([
      code,
      `cohere answered ${status}: Words.`,
    ])
  })

  test.each(['<html>Bad gateway</html>', '[]', '{"message":""}'])('without words says so: %s', body => {
    expect(read(502, body).message).toContain('gave no reason')
  })
})
