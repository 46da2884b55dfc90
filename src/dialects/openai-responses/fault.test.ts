import { expect, test } from 'bun:test'
import { Fault, type FaultCode } from '../../model/fault.ts'
import type { JsonObject } from '../../model/json.ts'
import { fault, faultInside } from './fault.ts'

const refusal = (status: number, body: string) =>
  fault.read({ provider: 'openai', status, contentType: 'application/json', retryAfterMs: undefined, body })

const refused: readonly [number, string, FaultCode, string][] = [
  [
    400,
    '{"error":{"message":"No.","type":"x","param":"input","code":null}}',
    'invalid_request',
    'openai answered 400: No.',
  ],
  [401, '{"detail":"Sign in."}', 'upstream_failed', 'openai answered 401: Sign in.'],
  [400, '{"code":"invalid-argument","error":"Bad key."}', 'invalid_request', 'openai answered 400: Bad key.'],
  [404, '{"message":"None."}', 'model_not_found', 'openai answered 404: None.'],
  [413, '{}', 'too_large', 'openai answered 413'],
  [429, '{"error":{"message":"Slow."}}', 'rate_limited', 'openai answered 429: Slow.'],
  [503, '<html>', 'overloaded', 'openai answered 503'],
  [504, '', 'upstream_timeout', 'openai answered 504'],
  [500, '{"error":{}}', 'upstream_failed', 'openai answered 500: no reason was given'],
]

test.each(refused)('%d %s is %s', (status, body, code, words) => {
  const found = refusal(status, body)
  expect(found.code).toBe(code)
  expect(found.message).toStartWith(words)
  expect(found.said?.body).toBe(body.startsWith('{') ? body : undefined)
})

const inside: readonly [JsonObject, FaultCode | undefined, string | undefined][] = [
  [{ type: 'error', error: { code: 'insufficient_quota', message: 'Pay.' } }, 'rate_limited', undefined],
  [
    { type: 'error', code: 'server_is_overloaded', message: 'Later.', param: null },
    'overloaded',
    '{"error":{"message":"Later.","type":"server_is_overloaded","param":null,"code":"server_is_overloaded"}}',
  ],
  [
    { type: 'error' },
    'upstream_failed',
    '{"error":{"message":"no reason was given","type":"server_error","param":null,"code":null}}',
  ],
  [{ error: { code: 429, message: 'Slow.' } }, 'rate_limited', undefined],
  [{ error: { code: 'invalid_api_key', message: 'Who?' } }, 'upstream_failed', undefined],
  [{ error: { code: 'server_error', message: 'Oops.' } }, 'upstream_failed', undefined],
  [
    { error: 'Oops.' },
    'upstream_failed',
    '{"error":{"message":"Oops.","type":"server_error","param":null,"code":null}}',
  ],
  [{ type: 'response.created', error: null }, undefined, undefined],
]

test.each(inside)('inside a reply, %o is %s', (body, code, said) => {
  const wire = JSON.stringify(body)
  const found = faultInside(body, wire)
  expect(found?.code).toBe(code as FaultCode)
  if (found) expect(found.said?.body).toBe(said ?? wire)
})

test("an error is told in OpenAI's words, with ours beside them", () => {
  expect(fault.write(new Fault('rate_limited', 'Slow down.'), 'req_1')).toEqual({
    error: { message: 'Slow down.', type: 'rate_limit_error', param: null, code: 'rate_limit_exceeded' },
    thalamus: { code: 'rate_limited', request_id: 'req_1' },
  })
})

test('an error in a stream has its words where any client looks for them', () => {
  const frame = Buffer.from(fault.frame(new Fault('internal', 'Oops.', { param: 'x' }), 'req_1')).toString()
  const [name, data] = frame.split('\n')
  expect(name).toBe('event: error')
  expect(JSON.parse(data?.slice(6) ?? '')).toEqual({
    type: 'error',
    sequence_number: 0,
    code: 'internal',
    message: 'Oops.',
    param: 'x',
    error: { message: 'Oops.', type: 'server_error', param: 'x', code: 'internal' },
    thalamus: { code: 'internal', request_id: 'req_1' },
  })
})
