import { describe, expect, test } from 'bun:test'
import { Fault } from '../../model/fault.ts'
import type { JsonObject } from '../../model/json.ts'
import { bedrockConverse } from './index.ts'

const maker = 'bedrock/anthropic.claude'
const seal = (value: string) => ({ dialect: 'bedrock-converse', maker, value })

const { answer } = bedrockConverse
const reply = (content: readonly JsonObject[], more: JsonObject = {}): JsonObject => ({
  output: { message: { role: 'assistant', content } },
  stopReason: 'end_turn',
  ...more,
})
const partsOf = (content: readonly JsonObject[]) => answer.read(reply(content), '', maker).choices[0]?.parts

describe('a block', () => {
  const server = { toolUse: { toolUseId: 't', name: 'nova_grounding', input: {}, type: 'server_tool_use' } }
  const citation = { title: 'T', location: { web: { url: 'https://a.example/x', domain: 'a.example' } } }

  test.each([
    [{ text: 'Hi' }, [{ type: 'text', text: 'Hi' }]],
    [{ text: '' }, []],
    [
      { toolUse: { toolUseId: 'a', name: 'n', input: { b: 1 } } },
      [{ type: 'tool-call', id: 'a', name: 'n', input: '{"b":1}' }],
    ],
    [{ toolUse: { toolUseId: 'a', name: 'n' } }, [{ type: 'tool-call', id: 'a', name: 'n', input: '{}' }]],
    [server, [{ type: 'opaque', label: 'toolUse', seal: seal(JSON.stringify(server)) }]],
    [
      { reasoningContent: { reasoningText: { text: 'Hm', signature: 'c2ln' } } },
      [{ type: 'reasoning', text: 'Hm', seal: seal('c2ln') }],
    ],
    [{ reasoningContent: { reasoningText: { text: 'Hm' } } }, [{ type: 'reasoning', text: 'Hm' }]],
    [
      { reasoningContent: { reasoningText: { text: '', signature: 'c2ln' } } },
      [{ type: 'reasoning', text: '', seal: seal('c2ln') }],
    ],
    [{ reasoningContent: { redactedContent: 'QUJD' } }, [{ type: 'reasoning', text: '', seal: seal('redacted:QUJD') }]],
    [
      { citationsContent: { content: [{ text: 'So ' }, { text: 'it is.' }], citations: [citation] } },
      [
        {
          type: 'text',
          text: 'So it is.',
          citations: [{ url: 'https://a.example/x', title: 'T', seal: seal(JSON.stringify(citation)) }],
        },
      ],
    ],
    [
      { image: { format: 'png', source: { bytes: 'aGk=' } } },
      [{ type: 'media', kind: 'image', source: { from: 'data', mediaType: 'image/png', data: 'aGk=' } }],
    ],
    [{ somethingNew: { a: 1 } }, [{ type: 'opaque', label: 'somethingNew', seal: seal('{"somethingNew":{"a":1}}') }]],
  ])('%j', (block, parts) => {
    expect(partsOf([block])).toEqual(parts as never)
  })
})

describe('a reply', () => {
  test.each([
    ['end_turn', 'end'],
    ['tool_use', 'tools'],
    ['max_tokens', 'length'],
    ['stop_sequence', 'sequence'],
    ['guardrail_intervened', 'filtered'],
    ['content_filtered', 'filtered'],
    ['malformed_model_output', 'malformed'],
    ['malformed_tool_use', 'malformed'],
    ['model_context_window_exceeded', 'context'],
    ['something_new', 'other'],
  ] as const)('that stopped by %s stopped by %s', (stopReason, reason) => {
    expect(answer.read(reply([], { stopReason }), '', maker).choices).toEqual([
      { parts: [], stop: { reason, raw: stopReason } },
    ])
  })

  test('tells its usage in buckets that do not overlap, its tier, and the facts without a noun', () => {
    const usage = {
      inputTokens: 3,
      outputTokens: 121,
      totalTokens: 2072,
      cacheReadInputTokens: 1712,
      cacheWriteInputTokens: 236,
    }
    const read = answer.read(
      reply([], { usage, serviceTier: { type: 'flex' }, trace: { a: 1 }, metrics: { latencyMs: 1 } }),
      '',
      maker,
    )
    expect(read.usage).toEqual({ input: 3, cacheRead: 1712, cacheWrite: 236, output: 121, reasoning: 0 })
    expect(read.tier).toBe('flex')
    expect(read.extras).toEqual({ dialect: 'bedrock-converse', fields: { metrics: { latencyMs: 1 }, trace: { a: 1 } } })
  })

  test.each([
    ['an error in a 200', { message: 'Bad luck.' }, 'Bad luck.'],
    [
      'of another service',
      { Output: { __type: 'com.amazon.coral.service#UnknownOperationException' }, Version: '1.0' },
      'no message',
    ],
    ['with content that is none', reply('x' as never), 'no list'],
    ['with a block that is none', reply(['x'] as never), 'no object'],
    ['with a call without an id', reply([{ toolUse: { name: 'a' } }]), 'no id'],
  ])('%s is a fault', (_, body, words) => {
    expect(() => answer.read(body, '', maker)).toThrow(Fault)
    const [event] = answer.glance(body, '', 'chat')
    expect(event?.type === 'fault' && event.fault.code).toBe('upstream_failed')
    expect(event?.type === 'fault' && event.fault.message).toContain(words)
  })

  test('is watched as any other', () => {
    const body = reply([{ text: 'Hi' }], { usage: { inputTokens: 1, outputTokens: 2 } })
    expect(answer.glance(body, '', 'chat')).toEqual([
      { type: 'content' },
      { type: 'stop', reason: 'end_turn' },
      { type: 'usage', usage: { input: 1, cacheRead: 0, cacheWrite: 0, output: 2, reasoning: 0 } },
    ])
  })
})
