import { describe, expect, test } from 'bun:test'
import * as fc from 'fast-check'
import { sseText } from '../../lib/sse.ts'
import type { Delta } from '../../model/delta.ts'
import { fold } from '../../model/fold.ts'
import type { JsonObject } from '../../model/json.ts'
import { cohereChat } from './index.ts'

const maker = 'cohere/command-a'

const frame = (event: JsonObject & { readonly type: string }): string => sseText(JSON.stringify(event), event.type)
const read = (...frames: readonly string[]): readonly Delta[] =>
  cohereChat.stream.reader(maker).read(Buffer.from(frames.join('')))
const said = (type: string, index: number, message: JsonObject): string => frame({ type, index, delta: { message } })
const words = (text: string, index = 0): string => said('content-delta', index, { content: { text } })
const end = (delta: JsonObject): string => frame({ type: 'message-end', delta })

const faultIn = (deltas: readonly Delta[]) => deltas.flatMap(each => (each.type === 'fault' ? [each.fault] : []))[0]

describe('a stream', () => {
  test('tells each event as it comes, and is done after the unnamed closing mark', () => {
    const reader = cohereChat.stream.reader(maker)
    const usage = {
      billed_units: { input_tokens: 5 },
      tokens: { input_tokens: 100, output_tokens: 20, reasoning_tokens: 8 },
      cached_tokens: 60,
    }
    const told = [
      frame({ type: 'message-start', id: 'i', delta: { message: { role: 'assistant' } } }),
      said('content-start', 0, { content: { type: 'text', text: '' } }),
      words('Hi'),
      frame({ type: 'content-end', index: 0 }),
      end({ finish_reason: 'COMPLETE', usage }),
      sseText('[DONE]'),
    ].map(each => reader.read(Buffer.from(each)))
    expect(told).toEqual([
      [{ type: 'start', id: 'i' }],
      [],
      [{ type: 'text', at: 0, text: 'Hi' }],
      [],
      [
        { type: 'extras', dialect: 'cohere-chat', fields: { billed_units: { input_tokens: 5 } } },
        { type: 'usage', usage: { input: 40, cacheRead: 60, cacheWrite: 0, output: 12, reasoning: 8 } },
        { type: 'stop', reason: 'end', raw: 'COMPLETE' },
      ],
      [{ type: 'done' }],
    ])
  })

  test('has a plan, thoughts, words and calls in the order in which they begin', () => {
    const called = (input: string) => ({ tool_calls: { function: { arguments: input } } })
    const parts = fold(
      read(
        said('tool-plan-delta', 0, { tool_plan: 'I ' }),
        said('tool-plan-delta', 0, { tool_plan: 'will.' }),
        said('content-start', 0, { content: { type: 'thinking', thinking: 'H' } }),
        said('content-delta', 0, { content: { thinking: 'm' } }),
        words('So.', 1),
        said('tool-call-start', 0, {
          tool_calls: { id: 'a', type: 'function', function: { name: 'one', arguments: '' } },
        }),
        said('tool-call-delta', 0, called('{"x"')),
        said('tool-call-delta', 0, called(':1}')),
        frame({ type: 'tool-call-end', index: 0 }),
        said('tool-call-start', 1, { tool_calls: { function: { name: 'two', arguments: '' } } }),
        frame({ type: 'tool-call-end', index: 1 }),
        end({ finish_reason: 'TOOL_CALL' }),
      ),
    ).choices[0]?.parts
    expect(parts).toEqual([
      { type: 'reasoning', text: 'I will.', seal: { dialect: 'cohere-chat', maker, value: 'tool_plan' } },
      { type: 'reasoning', text: 'Hm' },
      { type: 'text', text: 'So.' },
      { type: 'tool-call', id: 'a', name: 'one', input: '{"x":1}' },
      { type: 'tool-call', id: 'call_1', name: 'two', input: '{}' },
    ])
  })

  test('tells that a plan is one before anything follows it', () => {
    const call = said('tool-call-start', 0, { tool_calls: { id: 'a', function: { name: 'one', arguments: '' } } })
    const plan = said('tool-plan-delta', 0, { tool_plan: 'I will.' })
    const types = (...frames: readonly string[]) => read(plan, ...frames).map(each => each.type)
    expect(types(call)).toEqual(['reasoning', 'seal', 'tool'])
    expect(types(words('So'))).toEqual(['reasoning', 'seal', 'text'])
    expect(types(end({ finish_reason: 'COMPLETE' }))).toEqual(['reasoning', 'seal', 'stop'])
  })

  test('has citations that count characters, of which an emoji is one', () => {
    const source = { type: 'document', id: 'doc:2', document: { title: 'T', text: 'Q', url: 'https://a.example/' } }
    const citation = {
      start: 2,
      end: 4,
      text: 'So',
      type: 'TEXT_CONTENT',
      sources: [source, { type: 'tool', id: 'c:0' }],
    }
    const parts = fold(read(words('👋 So'), said('citation-start', 0, { citations: citation }))).choices[0]?.parts
    expect(parts).toEqual([
      {
        type: 'text',
        text: '👋 So',
        citations: [
          {
            url: 'https://a.example/',
            title: 'T',
            quoted: 'Q',
            document: 2,
            start: 3,
            end: 5,
            seal: { dialect: 'cohere-chat', maker, value: JSON.stringify(citation) },
          },
          { start: 3, end: 5 },
        ],
      },
    ])
  })

  test('may cite thoughts and plans, which no one else can', () => {
    expect(read(words('So'), said('citation-start', 0, { citations: { start: 0, end: 1, type: 'PLAN' } })).length).toBe(
      1,
    )
  })

  test('may tell probabilities', () => {
    const told = read(
      frame({
        type: 'content-delta',
        index: 0,
        logprobs: { text: 'Hi', token_ids: [1, 2], logprobs: [-0.5, -0.25] },
        delta: { message: { content: { text: 'Hi' } } },
      }),
    )
    expect(told[1]).toEqual({ type: 'logprobs', tokens: [{ token: 'Hi', logprob: -0.75, top: [] }] })
  })

  test('may have events that say nothing here', () => {
    expect(
      read(
        frame({ type: 'citation-end', index: 0 }),
        frame({ type: 'debug', prompt: 'x' }),
        frame({ type: 'new-event' }),
      ),
    ).toEqual([])
  })
})

describe('a failure in a stream', () => {
  test.each([
    ['an end that is none', end({ finish_reason: 'ERROR', error: 'Oh no.' }), 'upstream_failed'],
    ['an error beside the reason', end({ finish_reason: 'COMPLETE', error: 'Oh no.' }), 'upstream_failed'],
    ['lateness', end({ finish_reason: 'TIMEOUT', error: 'Oh no.' }), 'upstream_timeout'],
    ['an error without a type', sseText('{"message":"Oh no."}'), 'upstream_failed'],
    ['an error of that type', sseText('{"type":"error","error":{"message":"Oh no."}}'), 'upstream_failed'],
  ] as const)('%s has its code and words', (_, bytes, code) => {
    const told = read(words('Hi'), bytes)
    expect(faultIn(told)?.code).toBe(code)
    expect(faultIn(told)?.message).toContain('Oh no.')
    expect(told.some(each => each.type === 'stop')).toBe(false)
  })

  test.each([
    ['no JSON', sseText('{"type":')],
    ['no object', sseText('[1]')],
    ['a text that is a number', said('content-delta', 0, { content: { text: 5 } })],
    ['a call without a name', said('tool-call-start', 0, { tool_calls: { id: 'a' } })],
    ['no call at all', said('tool-call-start', 0, {})],
    ['arguments without a call', said('tool-call-delta', 3, { tool_calls: { function: { arguments: '{}' } } })],
    ['a citation that is none', said('citation-start', 0, { citations: 5 })],
  ])('is also %s', (_, bytes) => {
    const told = read(words('Hi'), bytes, words('more'))
    expect(told.map(each => each.type)).toEqual(['text', 'fault'])
    expect(faultIn(told)?.code).toBe('upstream_failed')
  })

  test('is also a stream that is no UTF-8', () => {
    const told = cohereChat.stream.reader(maker).read(Buffer.of(0x64, 0x61, 0x74, 0x61, 0x3a, 0xff, 10, 10))
    expect(faultIn(told)?.message).toContain('UTF-8')
  })
})

test('whatever the events say, reading ends with deltas or one fault', () => {
  const types = fc.constantFrom(
    'message-start',
    'tool-plan-delta',
    'content-start',
    'content-delta',
    'tool-call-start',
    'tool-call-delta',
    'tool-call-end',
    'citation-start',
    'message-end',
  )
  const member = fc.constantFrom('content', 'tool_plan', 'tool_calls', 'citations')
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constant({ text: 'a', id: 'b', function: { name: 'c', arguments: '{' } }),
  )
  const message = fc.dictionary(member, value, { maxKeys: 2 })
  const event = fc.record({
    type: types,
    index: fc.nat(2),
    delta: fc.record(
      { message, finish_reason: fc.jsonValue({ maxDepth: 1 }), usage: fc.jsonValue() },
      { requiredKeys: [] },
    ),
  })
  fc.assert(
    fc.property(fc.array(event, { maxLength: 8 }), events => {
      const told = read(...events.map(each => frame(each as Parameters<typeof frame>[0])))
      expect(told.filter(each => each.type === 'fault').length).toBeLessThanOrEqual(1)
      fold(told)
    }),
    { numRuns: 300 },
  )
})

test('the glance of a stream sees what its reader tells', () => {
  const glancer = cohereChat.stream.glance({ hideUsage: false, array: false })
  const { events } = glancer.read(
    Buffer.from([words('Hi'), end({ finish_reason: 'MAX_TOKENS' }), sseText('[DONE]')].join('')),
  )
  expect(events).toEqual([{ type: 'content' }, { type: 'stop', reason: 'MAX_TOKENS' }, { type: 'done' }])
})

test('a call that begins twice takes no other block’s place', () => {
  const call = said('tool-call-start', 0, { tool_calls: { id: 'a', function: { name: 'f', arguments: '{}' } } })
  const places = read(call, call, words('Hi')).map(delta => ('at' in delta ? delta.at : undefined))
  expect(places).toEqual([0, 0, 1, 1, 2])
})

test('a call without a name is none', () => {
  const call = said('tool-call-start', 0, { tool_calls: { id: 'a', function: { name: '', arguments: '{}' } } })
  expect(faultIn(read(call))?.message).toContain('no name')
})
