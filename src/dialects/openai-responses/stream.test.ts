import { expect, test } from 'bun:test'
import { sseText } from '../../lib/sse.ts'
import type { Event } from '../../model/event.ts'
import { Fault } from '../../model/fault.ts'
import type { JsonObject } from '../../model/json.ts'
import { openaiResponses } from './index.ts'

const glancer = () => openaiResponses.stream.glance({ hideUsage: false, array: false })
const bytes = (text: string) => new TextEncoder().encode(text)
const frames = (...events: JsonObject[]) => bytes(events.map(event => sseText(JSON.stringify(event))).join(''))
const seen = (...events: JsonObject[]): readonly Event[] => glancer().read(frames(...events)).events

const response = (more: JsonObject = {}): JsonObject => ({
  id: 'resp_1',
  status: 'completed',
  error: null,
  output: [],
  ...more,
})
const created = { type: 'response.created', response: response({ status: 'in_progress' }) }
const delta = { type: 'response.output_text.delta', output_index: 0, delta: 'Hi' }
const usage = { input_tokens: 3, output_tokens: 2, total_tokens: 5 }
const counted = { type: 'usage', usage: { input: 3, cacheRead: 0, cacheWrite: 0, output: 2, reasoning: 0 } } as const

test('what only opens a reply is no content', () => {
  const item = (type: string) => ({ type: 'response.output_item.added', output_index: 0, item: { type } })
  const part = { type: 'response.content_part.added', part: { type: 'output_text', text: '' } }
  const progress = { type: 'response.in_progress', response: response() }
  const empty = { ...delta, delta: '' }
  expect(seen(created, progress, item('message'), item('reasoning'), part, empty, { type: 'keepalive' })).toEqual([])
})

const spoken: readonly [string, JsonObject][] = [
  ['a text', delta],
  ['a refusal', { type: 'response.refusal.delta', delta: 'No' }],
  ['a thought', { type: 'response.reasoning_text.delta', delta: 'Hm' }],
  ['a summary', { type: 'response.reasoning_summary_text.delta', delta: 'Hm' }],
  ['arguments', { type: 'response.function_call_arguments.delta', delta: '{' }],
  ['a call', { type: 'response.output_item.added', item: { type: 'function_call', name: 'f' } }],
  ['a tool at work', { type: 'response.output_item.added', item: { type: 'web_search_call' } }],
  ['code', { type: 'response.code_interpreter_call_code.delta', delta: 'x' }],
  ['a whole item', { type: 'response.output_item.done', item: { type: 'reasoning', encrypted_content: 'g' } }],
]

test.each(spoken)('%s is content', (_, event) => {
  expect(seen(created, event)).toEqual([{ type: 'content' }])
})

const endings: readonly [string, JsonObject, string][] = [
  ['response.completed', {}, 'completed'],
  [
    'response.incomplete',
    { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } },
    'max_output_tokens',
  ],
  ['response.cancelled', { status: 'cancelled' }, 'cancelled'],
]

test.each(endings)('%s tells why it stopped, what it cost, and that it is over', (type, more, reason) => {
  const end = { type, response: response({ ...more, usage }) }
  expect(seen(delta, end)).toEqual([{ type: 'content' }, { type: 'stop', reason }, counted, { type: 'done' }])
})

test.each([
  ['failed', 'no reason was given'],
  ['cancelled', 'it was cancelled'],
])('a whole response that is %s is a fault, whether it says why or not', (status, says) => {
  const body = response({ status, output: [], error: null })
  expect(openaiResponses.answer.glance(body, JSON.stringify(body), 'chat')).toMatchObject([
    { type: 'fault', fault: { message: `The provider failed inside its reply: ${says}` } },
  ])
})

test('a response that failed tells what it cost, and is a fault', () => {
  const failed = {
    type: 'response.failed',
    response: response({ status: 'failed', usage, error: { code: 'server_error', message: 'Oops.' } }),
  }
  const [, stop, cost, fault] = seen(delta, failed)
  expect([stop, cost]).toEqual([{ type: 'stop', reason: 'failed' }, counted])
  expect(fault).toMatchObject({
    type: 'fault',
    fault: { code: 'upstream_failed', said: { body: '{"error":{"code":"server_error","message":"Oops."}}' } },
  })
})

test.each([[[created]], [[created, delta]]])('an error is a fault, before content and after it: %#', before => {
  const error = { type: 'error', sequence_number: 2, error: { code: 'rate_limit_exceeded', message: 'Slow.' } }
  const fault = seen(...before, error).at(-1)
  expect(fault).toMatchObject({ type: 'fault', fault: { code: 'rate_limited' } })
})

const beside = [
  { ...delta, error: { code: 'server_error', message: 'Oops.' } },
  { type: 'response.completed', response: response({ usage }), error: { code: 'server_error', message: 'Oops.' } },
]
test.each(beside)('an error beside $type is a fault: its callers meet it, too', event => {
  expect(seen(delta, event).at(-1)).toMatchObject({ type: 'fault', fault: { code: 'upstream_failed' } })
})

test('a model that writes about the end does not end', () => {
  const said = { ...delta, delta: '"response.completed" [DONE] {"type":"error","error":{"message":"x"}}' }
  expect(new Set(seen(delta, said).map(event => event.type))).toEqual(new Set(['content']))
})

test('streams without event names, with comments and CRLF are read alike', () => {
  const lines = [created, delta, { type: 'response.completed', response: response({ usage }) }].map(
    event => `data: ${JSON.stringify(event)}\r\n\r\n`,
  )
  const { events } = glancer().read(bytes(`: PROCESSING\r\n\r\n${lines.join('')}data: [DONE]\r\n\r\n`))
  expect(events.map(event => event.type)).toEqual(['content', 'stop', 'usage', 'done', 'done'])
})

test('what is no JSON says nothing, and every byte is handed on', () => {
  const text = bytes('data: {"type":"response.outp\n\ndata: \xff\n\n')
  expect(glancer().read(text)).toEqual({ bytes: text, events: [] })
})

test('a failure in the middle has the number that is due', () => {
  const reading = glancer()
  reading.read(frames({ ...created, sequence_number: 0 }, { ...delta, sequence_number: 7 }))
  const text = Buffer.from(reading.fail?.(new Fault('upstream_timeout', 'Silent.'), 'req_1') ?? []).toString()
  expect(text).toStartWith('event: error\ndata: {"type":"error","sequence_number":8,')
})

const answers: readonly [string, JsonObject, readonly string[]][] = [
  ['a whole reply', response({ output: [{ type: 'message' }], usage }), ['content', 'stop', 'usage']],
  ['an empty one', response({ usage }), ['stop', 'usage']],
  ['one in the background', response({ status: 'queued' }), ['content', 'stop']],
  ['an error with status 200', response({ status: 'failed', error: { message: 'Oops.' } }), ['fault']],
]

test.each(answers)('%s says of itself what it is', (_, body, expected) => {
  const events = openaiResponses.answer.glance(body, JSON.stringify(body), 'chat')
  expect(events.map(event => event.type as string)).toEqual([...expected])
})

test('a count of tokens is an answer', () => {
  const body = openaiResponses.answer.count?.(7) ?? {}
  expect(body).toEqual({ object: 'response.input_tokens', input_tokens: 7 })
  expect(openaiResponses.answer.glance(body, '', 'count_tokens')).toEqual([{ type: 'content' }])
})
