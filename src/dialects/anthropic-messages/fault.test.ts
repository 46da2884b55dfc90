import { describe, expect, test } from 'bun:test'
import { Fault, type FaultCode } from '../../model/fault.ts'
import { fault, faultInside } from './fault.ts'
import { understand } from './understand.ts'

const refusal = { provider: 'anthropic', contentType: 'application/json', retryAfterMs: undefined }
const body = (type: string): string =>
  JSON.stringify({ type: 'error', error: { type, message: 'No.' }, request_id: 'r' })

describe('a refusal', () => {
  const meanings: readonly (readonly [number, string, FaultCode])[] = [
    [400, 'invalid_request_error', 'invalid_request'],
    [401, 'authentication_error', 'upstream_failed'],
    [402, 'billing_error', 'upstream_failed'],
    [403, 'permission_error', 'upstream_failed'],
    [404, 'not_found_error', 'model_not_found'],
    [413, 'request_too_large', 'too_large'],
    [429, 'rate_limit_error', 'rate_limited'],
    [500, 'api_error', 'upstream_failed'],
    [504, 'timeout_error', 'upstream_timeout'],
    [529, 'overloaded_error', 'overloaded'],
    [400, 'overloaded_error', 'overloaded'],
    [429, 'unheard_error', 'rate_limited'],
    [418, 'unheard_error', 'upstream_failed'],
  ]
  test.each([...meanings])('of %d and %s is %p', (status, type, code) => {
    const read = fault.read({ ...refusal, status, body: body(type) })
    expect([read.code, read.status, read.message]).toEqual([code, status, `anthropic answered ${status}: No.`])
    expect(read.said).toEqual({ dialect: 'anthropic-messages', contentType: 'application/json', body: body(type) })
  })

  const bare: readonly (readonly [string, string])[] = [
    ['a string', '{"error":"No."}'],
    ['a message', '{"message":"No."}'],
    ['a detail', '{"detail":"No."}'],
  ]
  test.each([...bare])('of %s has its words', (_, body) => {
    expect(fault.read({ ...refusal, status: 429, body }).message).toBe('anthropic answered 429: No.')
  })

  test('of a page is told without it, and without its status', () => {
    const read = fault.read({ ...refusal, status: 403, contentType: 'text/html', body: '<html>', retryAfterMs: 5 })
    expect([read.code, read.status, read.said, read.retryAfterMs]).toEqual(['upstream_failed', 502, undefined, 5])
    expect(read.message).not.toContain('html')
  })
})

test('an error inside a reply has the status that it should have had', () => {
  const wire = body('rate_limit_error')
  expect(faultInside(JSON.parse(wire), wire)).toMatchObject({ code: 'rate_limited', status: 429, said: { body: wire } })
  expect(faultInside({ type: 'error' }, '')).toMatchObject({ code: 'upstream_failed', status: 502, said: undefined })
  expect(faultInside({ type: 'message', error: null }, '')).toBeUndefined()
})

describe('a fault of ours', () => {
  const types: readonly (readonly [FaultCode, string])[] = [
    ['unauthenticated', 'authentication_error'],
    ['forbidden', 'permission_error'],
    ['model_not_found', 'not_found_error'],
    ['invalid_request', 'invalid_request_error'],
    ['too_large', 'request_too_large'],
    ['rate_limited', 'rate_limit_error'],
    ['over_budget', 'billing_error'],
    ['upstream_timeout', 'timeout_error'],
    ['overloaded', 'overloaded_error'],
    ['internal', 'api_error'],
  ]
  test.each([...types])('%s is an error of the type %s', (code, type) => {
    expect(fault.write(new Fault(code, 'Words.'), 'req_1')).toEqual({
      type: 'error',
      error: { type, message: 'Words.' },
      request_id: 'req_1',
      thalamus: { code, request_id: 'req_1' },
    })
  })

  test('names the place that is at fault in its sentence, as there is no field for it', () => {
    const wordsOf = (code: FaultCode, words: string, param: string) =>
      fault.write(new Fault(code, words, { param }), 'req_1').error
    expect(wordsOf('invalid_request', 'There is no such tool.', 'tools[1]')).toMatchObject({
      message: "'tools[1]': There is no such tool.",
    })
    const named = "'tools[1].name' must be a string; it is 7."
    expect(wordsOf('invalid_request', named, 'tools[1].name')).toMatchObject({ message: named })
    expect(wordsOf('model_not_found', 'Nobody serves it.', 'model')).toMatchObject({ message: 'Nobody serves it.' })
  })

  test.each([{ type: 'create' }, { type: 'continue', previous_message_id: 'msg_1' }])(
    'that no thread is kept (%j) has what the SDKs look for, to go on without',
    thread => {
      const body = { model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }], thread }
      expect(() => understand(body)).toThrow("leave 'thread' out")
      const refused = new Fault('invalid_request', 'None.', { param: 'thread' })
      const details = { error_code: 'thread_unsupported_request', unsupported: ['thread'] }
      expect(fault.write(refused, 'req_1')).toMatchObject({ error: { type: 'invalid_request_error', details } })
    },
  )

  test('is an event of its own name in a stream', () => {
    const text = Buffer.from(fault.frame(new Fault('internal', 'Words.'), 'req_1')).toString()
    expect(text).toMatch(/^event: error\ndata: \{"type":"error".*\}\n\n$/)
  })
})
