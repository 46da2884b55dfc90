import { describe, expect, test } from 'bun:test'
import * as fc from 'fast-check'
import { eventMessage } from '../../lib/aws-event-stream.ts'
import type { Delta } from '../../model/delta.ts'
import { fold } from '../../model/fold.ts'
import type { JsonObject } from '../../model/json.ts'
import { bedrockConverse } from './index.ts'

const maker = 'bedrock/anthropic.claude'

const event = (type: string, payload: JsonObject): Uint8Array =>
  eventMessage(
    { ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' },
    JSON.stringify(payload),
  )

const exception = (type: string, payload: JsonObject): Uint8Array =>
  eventMessage({ ':exception-type': type, ':message-type': 'exception' }, JSON.stringify(payload))

const delta = (contentBlockIndex: number, said: JsonObject): Uint8Array =>
  event('contentBlockDelta', { contentBlockIndex, delta: said })
const start = (contentBlockIndex: number, said: JsonObject): Uint8Array =>
  event('contentBlockStart', { contentBlockIndex, start: said })
const stop = (contentBlockIndex: number): Uint8Array => event('contentBlockStop', { contentBlockIndex })

const read = (...messages: readonly Uint8Array[]): readonly Delta[] =>
  bedrockConverse.stream.reader(maker).read(Buffer.concat(messages))

const faultIn = (deltas: readonly Delta[]) => deltas.flatMap(each => (each.type === 'fault' ? [each.fault] : []))[0]

describe('a stream', () => {
  test('tells each event as it comes, and is done after the usage, which follows the stop', () => {
    const reader = bedrockConverse.stream.reader(maker)
    const told = [
      event('messageStart', { role: 'assistant', p: 'abc' }),
      delta(0, { text: 'Hi' }),
      stop(0),
      event('messageStop', { stopReason: 'end_turn' }),
      event('metadata', {
        usage: {
          inputTokens: 3,
          outputTokens: 4,
          totalTokens: 12,
          cacheReadInputTokens: 5,
          cacheWriteInputTokens: '6',
        },
        metrics: { latencyMs: 7 },
        serviceTier: { type: 'flex' },
      }),
    ].map(message => reader.read(message))
    expect(told).toEqual([
      [{ type: 'start' }],
      [{ type: 'text', at: 0, text: 'Hi' }],
      [],
      [{ type: 'stop', reason: 'end', raw: 'end_turn' }],
      [
        { type: 'extras', dialect: 'bedrock-converse', fields: { metrics: { latencyMs: 7 } } },
        { type: 'usage', usage: { input: 3, cacheRead: 5, cacheWrite: 6, output: 4, reasoning: 0 }, tier: 'flex' },
        { type: 'done' },
      ],
    ])
  })

  test('has thoughts with their signature, and redacted ones in pieces', () => {
    const { choices } = fold(
      read(
        delta(0, { reasoningContent: { text: 'H' } }),
        delta(0, { reasoningContent: { text: 'm' } }),
        delta(0, { reasoningContent: { signature: 'c2ln' } }),
        delta(1, { reasoningContent: { redactedContent: 'QUJD' } }),
        delta(1, { reasoningContent: { redactedContent: 'REVG' } }),
      ),
    )
    const seal = { dialect: 'bedrock-converse', maker }
    expect(choices[0]?.parts).toEqual([
      { type: 'reasoning', text: 'Hm', seal: { ...seal, value: 'c2ln' } },
      { type: 'reasoning', text: '', seal: { ...seal, value: 'redacted:QUJDREVG' } },
    ])
  })

  test('has calls, interleaved or not, and an empty object for no arguments', () => {
    const { choices } = fold(
      read(
        start(2, { toolUse: { toolUseId: 'a', name: 'one' } }),
        start(5, { toolUse: { toolUseId: 'b', name: 'two', type: 'tool_use' } }),
        delta(5, { toolUse: { input: '{"x"' } }),
        delta(2, { toolUse: { input: '' } }),
        delta(5, { toolUse: { input: ':1}' } }),
        stop(5),
        stop(2),
      ),
    )
    expect(choices[0]?.parts).toEqual([
      { type: 'tool-call', id: 'a', name: 'one', input: '{}' },
      { type: 'tool-call', id: 'b', name: 'two', input: '{"x":1}' },
    ])
  })

  test('has the provider’s own tools as blocks that only it understands, told when they are whole', () => {
    const reader = bedrockConverse.stream.reader(maker)
    const call = { toolUseId: 't', name: 'nova_code_interpreter', type: 'server_tool_use' }
    expect(
      reader.read(Buffer.concat([start(0, { toolUse: call }), delta(0, { toolUse: { input: '{"a":1}' } })])),
    ).toEqual([])
    const told = reader.read(
      Buffer.concat([
        stop(0),
        start(1, { toolResult: { toolUseId: 't', status: 'success' } }),
        delta(1, { toolResult: [{ text: '2' }] }),
        event('messageStop', { stopReason: 'end_turn' }),
      ]),
    )
    const sealed = (value: JsonObject) => ({ dialect: 'bedrock-converse', maker, value: JSON.stringify(value) })
    expect(told.slice(0, 2)).toEqual([
      { type: 'opaque', at: 0, label: 'toolUse', seal: sealed({ toolUse: { ...call, input: { a: 1 } } }) },
      {
        type: 'opaque',
        at: 1,
        label: 'toolResult',
        seal: sealed({ toolResult: { toolUseId: 't', status: 'success', content: [{ text: '2' }] } }),
      },
    ])
  })

  test('has citations, even before the words that they are for', () => {
    const citation = {
      title: 'T',
      source: 'https://a.example/',
      sourceContent: [{ text: 'q' }],
      location: { documentChar: { documentIndex: 1, start: 0, end: 1 } },
    }
    const told = read(delta(0, { citation }), delta(0, { text: 'So.' }))
    expect(told.map(each => each.type)).toEqual(['text', 'citation', 'text'])
    const parts = fold(told).choices[0]?.parts
    expect(parts).toEqual([
      {
        type: 'text',
        text: 'So.',
        citations: [
          {
            url: 'https://a.example/',
            title: 'T',
            quoted: 'q',
            document: 1,
            seal: { dialect: 'bedrock-converse', maker, value: JSON.stringify(citation) },
          },
        ],
      },
    ])
  })

  test('may make images', () => {
    const told = read(start(0, { image: { format: 'png' } }), delta(0, { image: { source: { bytes: 'aGk=' } } }))
    expect(told).toEqual([
      { type: 'media', at: 0, kind: 'image', source: { from: 'data', mediaType: 'image/png', data: 'aGk=' } },
    ])
  })

  test('names the sequence at which it stopped, where the model tells it', () => {
    const additionalModelResponseFields = { delta: { stop_sequence: '|' } }
    const told = read(event('messageStop', { stopReason: 'stop_sequence', additionalModelResponseFields }))
    expect(told.at(-1)).toEqual({ type: 'stop', reason: 'sequence', raw: 'stop_sequence', sequence: '|' })
  })

  test('may have events that nobody here knows', () => {
    expect(read(event('aNewEvent', { a: 1 }), delta(0, { somethingNew: {} }))).toEqual([])
  })
})

describe('a failure in a stream', () => {
  test.each([
    ['throttlingException', 'rate_limited'],
    ['modelStreamErrorException', 'upstream_failed'],
    ['internalServerException', 'upstream_failed'],
    ['serviceUnavailableException', 'overloaded'],
    ['modelTimeoutException', 'upstream_timeout'],
    ['validationException', 'invalid_request'],
    ['somethingNewException', 'upstream_failed'],
  ] as const)('%s means %s, in its own words', (type, code) => {
    const told = read(delta(0, { text: 'Hi' }), exception(type, { message: 'Slow down.' }), delta(0, { text: 'more' }))
    expect(told.map(each => each.type)).toEqual(['text', 'fault'])
    expect(faultIn(told)?.code).toBe(code)
    expect(faultIn(told)?.message).toContain('Slow down.')
  })

  test('may be an error without a class of its own', () => {
    const told = read(
      eventMessage({ ':message-type': 'error', ':error-code': 'InternalFailure', ':error-message': 'Oh no.' }, ''),
    )
    expect(faultIn(told)?.message).toContain('Oh no.')
  })

  test.each([
    ['no JSON', eventMessage({ ':message-type': 'event', ':event-type': 'contentBlockDelta' }, '{"a"')],
    ['no object', eventMessage({ ':message-type': 'event', ':event-type': 'contentBlockDelta' }, '[]')],
    [
      'no UTF-8',
      eventMessage({ ':message-type': 'event', ':event-type': 'messageStart' }, Buffer.of(0x22, 0xff, 0x22)),
    ],
    ['a text that is a number', delta(0, { text: 5 })],
    ['a delta that is none', event('contentBlockDelta', { contentBlockIndex: 0 })],
    ['a call without a name', start(0, { toolUse: { toolUseId: 'a' } })],
    ['arguments without a call', delta(0, { toolUse: { input: '{}' } })],
    ['a stop without a reason', event('messageStop', {})],
    ['half a message', delta(0, { text: 'Hi' }).subarray(0, 40)],
  ])('is also %s', (_, bytes) => {
    const told = read(delta(1, { text: 'Hi' }), bytes)
    expect(told.map(each => each.type)).toEqual(['text', 'fault'])
    expect(faultIn(told)?.code).toBe('upstream_failed')
  })

  test('is all that is told of it: what follows is not read', () => {
    const reader = bedrockConverse.stream.reader(maker)
    reader.read(exception('throttlingException', {}))
    expect(reader.read(delta(0, { text: 'more' }))).toEqual([])
  })
})

test('whatever the events say, reading ends with deltas or one fault', () => {
  const types = fc.constantFrom(
    'messageStart',
    'contentBlockStart',
    'contentBlockDelta',
    'contentBlockStop',
    'messageStop',
    'metadata',
  )
  const member = fc.constantFrom('text', 'toolUse', 'toolResult', 'reasoningContent', 'citation', 'image')
  const said = fc.dictionary(
    member,
    fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constant({ toolUseId: 'a', name: 'b', input: '{' })),
    { maxKeys: 2 },
  )
  const payload = fc.record(
    {
      contentBlockIndex: fc.nat(3),
      delta: said,
      start: said,
      stopReason: fc.jsonValue({ maxDepth: 1 }),
      usage: fc.jsonValue(),
    },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(fc.array(fc.tuple(types, payload), { maxLength: 8 }), events => {
      const told = read(...events.map(([type, each]) => event(type, each as JsonObject)))
      expect(told.filter(each => each.type === 'fault').length).toBeLessThanOrEqual(1)
      fold(told)
    }),
    { numRuns: 300 },
  )
})

test('the glance of a stream sees what its reader tells', () => {
  const glancer = bedrockConverse.stream.glance({ hideUsage: false, array: false })
  const bytes = Buffer.concat([
    delta(0, { text: 'Hi' }),
    event('messageStop', { stopReason: 'end_turn' }),
    event('metadata', {}),
  ])
  const batch = glancer.read(bytes)
  expect(batch.bytes).toBe(bytes)
  expect(batch.events).toEqual([{ type: 'content' }, { type: 'stop', reason: 'end_turn' }, { type: 'done' }])
})

test('a block begins when it says something: a picture with its bytes, a thought with its words', () => {
  const silent = [start(0, { image: { format: 'png' } }), delta(0, { image: {} }), delta(1, { reasoningContent: {} })]
  expect(read(...silent, delta(2, { text: 'Hi' }))).toEqual([{ type: 'text', at: 0, text: 'Hi' }])
})
