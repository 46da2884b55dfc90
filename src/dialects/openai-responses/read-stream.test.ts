import { expect, test } from 'bun:test'
import { sseText } from '../../lib/sse.ts'
import type { Delta } from '../../model/delta.ts'
import { fold } from '../../model/fold.ts'
import type { JsonObject } from '../../model/json.ts'
import { faultOf } from '../sample.test-data.ts'
import { openaiResponses } from './index.ts'
import { maker } from './sample.test-data.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const framesOf = (events: readonly JsonObject[]) => bytes(events.map(event => sseText(JSON.stringify(event))).join(''))
const read = (...events: JsonObject[]): readonly Delta[] => openaiResponses.stream.reader(maker).read(framesOf(events))
const partsOf = (...events: JsonObject[]) => fold(read(...events)).choices[0]?.parts ?? []
const native = (fields: JsonObject) => ({ dialect: 'openai-responses', maker, value: JSON.stringify(fields) })

const added = (item: JsonObject, output_index = 0) => ({ type: 'response.output_item.added', output_index, item })
const done = (item: JsonObject, output_index = 0) => ({ type: 'response.output_item.done', output_index, item })
const end = (more: JsonObject = {}, type = 'response.completed') => ({
  type,
  response: { id: 'resp_1', model: 'gpt-5', created_at: 7, status: 'completed', output: [], ...more },
})
const textDelta = (delta: string, more: JsonObject = {}) => ({
  type: 'response.output_text.delta',
  output_index: 0,
  content_index: 0,
  delta,
  ...more,
})
const message = (text: string, more: JsonObject = {}) => ({
  type: 'message',
  content: [{ type: 'output_text', text, annotations: [] }],
  ...more,
})

test('a reply begins once, however often it is told', () => {
  const start = { type: 'response.created', response: { id: 'resp_1', model: 'gpt-5', created_at: 7.5 } }
  expect(read(start, { ...start, type: 'response.in_progress' })).toEqual([
    { type: 'start', id: 'resp_1', model: 'gpt-5', created: 7 },
  ])
})

const tellings: readonly [string, JsonObject[]][] = [
  ['in pieces, then whole', [textDelta('Hel'), textDelta('lo'), done(message('Hello'))]],
  ['in pieces alone', [textDelta('Hel'), textDelta('lo')]],
  ['as a whole part', [{ type: 'response.output_text.done', output_index: 0, content_index: 0, text: 'Hello' }]],
  ['as a whole item', [added(message('')), done(message('Hello'))]],
  ['as a whole item, twice', [done(message('Hello')), done(message('Hello'))]],
  ['with its last piece left out', [textDelta('Hel'), done(message('Hello'))]],
  ['with another id in each event', [textDelta('Hel', { item_id: 'a' }), textDelta('lo', { item_id: 'b' })]],
  ['without an index', [{ ...textDelta('Hello'), output_index: null, content_index: null }]],
  ['only at the end', [end({ output: [message('Hello')] })]],
]

test.each(tellings)('a text that is told %s is the same text', (_, events) => {
  expect(partsOf(...events)).toEqual([{ type: 'text', text: 'Hello' }])
})

test('items without an index follow each other', () => {
  const call = { type: 'function_call', call_id: 'a', name: 'f', arguments: '{}' }
  const events = [added({ type: 'message' }), textDelta('Hi'), added(call), done(call)].map(event => ({
    ...event,
    output_index: null,
  }))
  expect(partsOf(...events).map(part => part.type)).toEqual(['text', 'tool-call'])
})

const call = { type: 'function_call', id: 'fc_1', call_id: 'a', name: 'f' }
const argumentsDelta = (delta: string, output_index = 0) => ({
  type: 'response.function_call_arguments.delta',
  output_index,
  delta,
})
const calls: readonly [string, JsonObject[]][] = [
  [
    'in pieces',
    [
      added({ ...call, arguments: '' }),
      argumentsDelta('{"x"'),
      argumentsDelta(':1}'),
      done({ ...call, arguments: '{"x":1}' }),
    ],
  ],
  [
    'as whole arguments',
    [added(call), { type: 'response.function_call_arguments.done', output_index: 0, arguments: '{"x":1}' }],
  ],
  ['as a whole item', [done({ ...call, arguments: '{"x":1}' })]],
  [
    'with its name at the end',
    [added({ type: 'function_call' }), argumentsDelta('{"x":1}'), done({ ...call, arguments: '{"x":1}' })],
  ],
  ['with its arguments parsed', [done({ ...call, arguments: { x: 1 } })]],
]

test.each(calls)('a call that is told %s is the same call', (_, events) => {
  expect(partsOf(...events)).toEqual([{ type: 'tool-call', id: 'a', name: 'f', input: '{"x":1}' }])
})

test('a call leaves as soon as it has a name', () => {
  expect(read(added({ ...call, arguments: '' }))).toEqual([{ type: 'tool', at: 0, id: 'a', name: 'f' }])
})

test('calls in alternation keep apart', () => {
  const other = { ...call, call_id: 'b', name: 'g' }
  const events = [
    added(call),
    added(other, 1),
    argumentsDelta('{'),
    argumentsDelta('[', 1),
    argumentsDelta('}'),
    argumentsDelta(']', 1),
  ]
  expect(partsOf(...events)).toEqual([
    { type: 'tool-call', id: 'a', name: 'f', input: '{}' },
    { type: 'tool-call', id: 'b', name: 'g', input: '[]' },
  ])
})

test('a call without an id of its own has its item’s, or one that is made', () => {
  const { call_id: _, ...nameless } = call
  expect(partsOf(done({ ...nameless, arguments: '' }))).toMatchObject([{ id: 'fc_1' }])
  expect(partsOf(done({ type: 'function_call', name: 'f' }))).toMatchObject([{ id: 'call_1' }])
})

test('a custom call’s input is text, and a namespace is kept', () => {
  const item = { ...call, type: 'custom_tool_call', input: '*** Begin', namespace: 'n' }
  expect(partsOf(done(item))).toEqual([
    { type: 'tool-call', id: 'a', name: 'f', input: '*** Begin', custom: true, seal: native({ namespace: 'n' }) },
  ])
})

const summaryDelta = (delta: string, summary_index = 0) => ({
  type: 'response.reasoning_summary_text.delta',
  output_index: 0,
  summary_index,
  delta,
})
const summaries = (...texts: string[]) => texts.map(text => ({ type: 'summary_text', text }))

test('summaries of one item are one thought in paragraphs, told in pieces or whole', () => {
  const item = { type: 'reasoning', id: 'rs_1', summary: summaries('ab', 'c'), encrypted_content: 'gAAA' }
  const thought = {
    type: 'reasoning',
    text: 'ab\n\nc',
    summary: true,
    seal: native({ id: 'rs_1', encrypted_content: 'gAAA' }),
  } as const
  expect(partsOf(summaryDelta('a'), summaryDelta('b'), summaryDelta('c', 1), done(item))).toEqual([thought])
  expect(partsOf(done(item))).toEqual([thought])
})

const seals: readonly [string, JsonObject, JsonObject | undefined][] = [
  ['encrypted thoughts without words', { summary: [], encrypted_content: 'g' }, { id: 'rs_1', encrypted_content: 'g' }],
  [
    'thoughts in full, which need no more than they say',
    { content: [{ type: 'reasoning_text', text: 'x' }] },
    { id: 'rs_1' },
  ],
  ['a summary of thoughts that are kept nowhere', { summary: summaries('x') }, undefined],
  ['both tellings', { summary: summaries('s'), content: [{ text: 'x' }] }, { id: 'rs_1', summary: ['s'] }],
]

test.each(seals)('%s: what brings them back is sealed, or nothing does', (_, more, seal) => {
  const [part] = partsOf(done({ type: 'reasoning', id: 'rs_1', ...more }))
  expect(part && 'seal' in part ? part.seal : undefined).toEqual(seal && native(seal))
})

test('an id alone brings thoughts back where the reply is kept', () => {
  const kept = { type: 'response.created', response: { id: 'resp_1', store: true } }
  expect(partsOf(kept, done({ type: 'reasoning', id: 'rs_1', summary: [] }))).toEqual([
    { type: 'reasoning', text: '', seal: native({ id: 'rs_1' }) },
  ])
})

test('an item without a noun is kept whole', () => {
  const item = { type: 'web_search_call', id: 'ws_1', action: { type: 'search' } }
  expect(
    partsOf(
      added({ ...item, action: null }),
      { type: 'response.web_search_call.searching', output_index: 0 },
      done(item),
    ),
  ).toEqual([{ type: 'opaque', label: 'web_search_call', seal: native(item) }])
})

test('an item that is told twice is one', () => {
  const item = { type: 'web_search_call', id: 'ws_1' }
  expect(partsOf(done(item), done(item))).toHaveLength(1)
})

test('a picture is a picture', () => {
  const item = { type: 'image_generation_call', id: 'ig_1', output_format: 'jpeg' }
  expect(partsOf(done({ ...item, result: 'AAAA' }))).toEqual([
    {
      type: 'media',
      kind: 'image',
      source: { from: 'data', mediaType: 'image/jpeg', data: 'AAAA' },
      seal: native(item),
    },
  ])
})

test('a picture that failed has none, and says so', () => {
  const item = { type: 'image_generation_call', id: 'ig_1', status: 'failed' }
  expect(partsOf(done(item))).toEqual([
    { type: 'opaque', label: 'image_generation_call', seal: native({ ...item, result: null }) },
  ])
})

test('citations are told once, as they come or with the whole', () => {
  const annotation = { type: 'url_citation', url: 'https://x', title: 'X', start_index: 0, end_index: 2 }
  const citations = [{ url: 'https://x', title: 'X', start: 0, end: 2 }]
  const whole = done({ type: 'message', content: [{ type: 'output_text', text: 'Hi', annotations: [annotation] }] })
  const told = { type: 'response.output_text.annotation.added', output_index: 0, content_index: 0, annotation }
  expect(partsOf(textDelta('Hi'), told, whole)).toEqual([{ type: 'text', text: 'Hi', citations }])
  expect(partsOf(whole)).toEqual([{ type: 'text', text: 'Hi', citations }])
})

test('log probabilities come with their text', () => {
  const logprobs = [{ token: 'Hi', logprob: -0.5, bytes: [72, 105], top_logprobs: [{ token: 'Ho', logprob: -1 }] }]
  expect(read(textDelta('Hi', { logprobs })).at(-1)).toEqual({
    type: 'logprobs',
    tokens: [{ token: 'Hi', logprob: -0.5, bytes: [72, 105], top: [{ token: 'Ho', logprob: -1 }] }],
  })
})

const stops: readonly [string, JsonObject[], string, string][] = [
  ['ended', [end()], 'end', 'completed'],
  ['called a tool', [done({ ...call, arguments: '{}' }), end()], 'tools', 'completed'],
  ['used a tool of the provider’s', [done({ type: 'web_search_call', id: 'ws_1' }), end()], 'end', 'completed'],
  [
    'refused',
    [done({ type: 'message', content: [{ type: 'refusal', refusal: 'No.' }] }), end()],
    'refused',
    'completed',
  ],
  [
    'ran out of tokens',
    [end({ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }, 'response.incomplete')],
    'length',
    'max_output_tokens',
  ],
  [
    'was filtered',
    [end({ status: 'incomplete', incomplete_details: { reason: 'content_filter' } }, 'response.incomplete')],
    'filtered',
    'content_filter',
  ],
]

test.each(stops)('a reply that %s says so', (_, events, reason, raw) => {
  expect(read(...events).slice(-2) as unknown).toEqual([{ type: 'stop', reason, raw }, { type: 'done' }])
})

test('facts without a noun are for a caller of this dialect', () => {
  const found = read(
    end({ moderation: { flagged: false }, user: 'u', service_tier: 'flex', usage: { input_tokens: 1 } }),
  )
  expect(found.slice(1, 3)).toEqual([
    { type: 'extras', dialect: 'openai-responses', fields: { moderation: { flagged: false } } },
    { type: 'usage', usage: { input: 1, cacheRead: 0, cacheWrite: 0, output: 0, reasoning: 0 }, tier: 'flex' },
  ])
})

test.each(['failed', 'cancelled'])('a reply that was %s is none, whether it says why or not', status => {
  expect(read(end({ status, error: null }, `response.${status}`)).map(({ type }) => type)).toEqual(['start', 'fault'])
})

test('a reply that failed tells what it cost, then why', () => {
  const failed = end(
    { status: 'failed', usage: { input_tokens: 1 }, error: { code: 'server_error', message: 'Oops.' } },
    'response.failed',
  )
  expect(read(failed).map(delta => delta.type)).toEqual(['start', 'usage', 'fault'])
})

const beside = { error: { code: 'server_error', message: 'Oops.' } }
test.each([textDelta('you'), done(message('Hi')), end()])('an error beside $type is a fault', event => {
  const [first, ...rest] = read(textDelta('Hi'), { ...event, ...beside })
  expect([first, rest.length]).toEqual([{ type: 'text', at: 0, text: 'Hi' }, 1])
  expect(rest[0]).toMatchObject({ type: 'fault', fault: { code: 'upstream_failed' } })
})

const event = (fields: object): string =>
  `data: ${JSON.stringify({ type: 'response.output_text.delta', ...fields })}\n\n`

const unreadable: readonly [string, string][] = [
  ['no JSON', 'data: {"type":"response.outp\n\n'],
  ['no object', 'data: [1]\n\n'],
  ['a text that is none', 'data: {"type":"response.output_text.delta","delta":7}\n\n'],
  [
    'a citation that stands nowhere',
    event({ type: 'response.output_text.annotation.added', annotation: { type: 'file_citation', index: ' ' } }),
  ],
  ['no item', 'data: {"type":"response.output_item.done"}\n\n'],
  ['a probability that is none', event({ delta: '', logprobs: [{ token: 'x', logprob: {} }] })],
  ['no response', 'data: {"type":"response.completed"}\n\n'],
  ['a call without a name', 'data: {"type":"response.output_item.done","item":{"type":"function_call"}}\n\n'],
  ['bytes that are no UTF-8', 'data: "\xff"\n\n'],
]

test.each(unreadable)('%s is a fault, and what came before it is told', (what, text) => {
  const before = framesOf([textDelta('Hi')])
  const after = what.includes('UTF-8') ? Buffer.from(text, 'latin1') : bytes(text)
  const reader = openaiResponses.stream.reader(maker)
  expect([...reader.read(before), ...reader.read(after)]).toMatchObject([
    { type: 'text', text: 'Hi' },
    { type: 'fault', fault: { code: 'upstream_failed' } },
  ])
})

test('comments, keep-alives and events that are not known say nothing', () => {
  const reader = openaiResponses.stream.reader(maker)
  expect(reader.read(bytes(': PROCESSING\n\ndata: {"type":"keepalive"}\n\ndata: {"type":"response.new"}\n\n'))).toEqual(
    [],
  )
  expect(reader.read(bytes('data: [DONE]\n\n'))).toEqual([{ type: 'done' }])
})

test('the type may stand in the event’s name alone', () => {
  const reader = openaiResponses.stream.reader(maker)
  expect(reader.read(bytes('event: response.output_text.delta\ndata: {"delta":"Hi"}\n\n'))).toEqual([
    { type: 'text', at: 0, text: 'Hi' },
  ])
})

test('a whole reply that failed is thrown, and so is one without output', () => {
  const readWhole = (body: JsonObject) => openaiResponses.answer.read(body, JSON.stringify(body), maker)
  expect(
    faultOf(() => readWhole({ status: 'failed', error: { code: 'rate_limit_exceeded', message: 'Slow.' } })).code,
  ).toBe('rate_limited')
  expect(faultOf(() => readWhole({ id: 'resp_1' })).code).toBe('upstream_failed')
})

test('a reply that goes on in the background has no stop, and keeps the id by which it is asked for', () => {
  const body = { id: 'resp_1', status: 'queued', output: [] }
  expect(openaiResponses.answer.read(body, '', maker)).toEqual({
    id: 'resp_1',
    choices: [],
    extras: { dialect: 'openai-responses', fields: { id: 'resp_1', status: 'queued' } },
  })
})
