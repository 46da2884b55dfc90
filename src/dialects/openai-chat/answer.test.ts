import { expect, test } from 'bun:test'
import type { Json, JsonObject } from '../../model/json.ts'
import { answer } from './answer.ts'
import { stopReason } from './glance.ts'

const read = (body: JsonObject) => answer.glance(body, JSON.stringify(body), 'chat')

test('a whole reply says that it is content, why it stopped and what it cost', () => {
  const usage = { prompt_tokens: 1, completion_tokens: 2 }
  expect(read({ choices: [{ finish_reason: 'length' }], usage })).toEqual([
    { type: 'content' },
    { type: 'stop', reason: 'length' },
    { type: 'usage', usage: { input: 1, cacheRead: 0, cacheWrite: 0, output: 2, reasoning: 0 } },
  ])
})

test('a whole reply without stop or usage is content all the same, unless there is nothing in it', () => {
  expect(read({ choices: [{ message: { content: 'Hi' } }], usage: null })).toEqual([{ type: 'content' }])
  expect(answer.glance({ data: [] }, '', 'embeddings')).toEqual([{ type: 'content' }])
  expect(read({ choices: [], usage: null })).toEqual([])
})

test('a whole reply that failed says so in its own words, spelled as they were', () => {
  const wire = '\n {"error":{"message":"é","code":503},"seed":18446744073709551615,"x":1.0} '
  const [event, ...more] = answer.glance(JSON.parse(wire) as JsonObject, wire, 'chat')
  expect(more).toEqual([])
  expect(event?.type === 'fault' && [event.fault.code, event.fault.status, event.fault.said?.body]).toEqual([
    'overloaded',
    503,
    wire,
  ])
})

const broken: readonly (readonly [string, JsonObject, number, string | undefined])[] = [
  [
    'with an error in a choice',
    { error: { code: 429, message: 'é' }, finish_reason: 'error' },
    429,
    '{"error":{"code":429,"message":"é"}}',
  ],
  [
    'with an error beside a stop',
    { error: { message: 'No.' }, finish_reason: 'stop' },
    502,
    '{"error":{"message":"No."}}',
  ],
  ['that stopped for an error', { message: { content: '' }, finish_reason: 'error' }, 502, undefined],
  ['that stopped for the network', { message: { content: 'Hi' }, finish_reason: 'network_error' }, 502, undefined],
]
test.each([...broken])('a whole reply %s has failed', (_, choice, status, body) => {
  const [event, ...more] = read({ choices: [choice], usage: { prompt_tokens: 1 } })
  expect(more).toEqual([])
  expect(event?.type === 'fault' && [event.fault.status, event.fault.said?.body]).toEqual([status, body])
})

const reasons: readonly (readonly [string, Json | undefined, string | undefined])[] = [
  ['the first that a choice gives', [{ finish_reason: 'stop' }, { finish_reason: 'length' }], 'stop'],
  ['that of a later choice', [{ finish_reason: null }, { finish_reason: 'tool_calls' }], 'tool_calls'],
  ['not an empty one', [{ finish_reason: '' }], undefined],
  ['none without choices', [], undefined],
  ['none of what are no choices', { finish_reason: 'stop' }, undefined],
  ['none of a choice that is none', [null, 'stop', 5], undefined],
]
test.each([...reasons])('the stop reason is %s', (_, choices, reason) => {
  expect(stopReason(choices)).toBe(reason as string)
})
