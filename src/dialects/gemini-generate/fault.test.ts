import { describe, expect, test } from 'bun:test'
import { Fault, type FaultCode } from '../../model/fault.ts'
import type { JsonObject } from '../../model/json.ts'
import { fault, faultInside } from './fault.ts'

const refusal = (status: number, body: string, more: object = {}) =>
  fault.read({ provider: 'google', status, contentType: 'application/json', retryAfterMs: undefined, body, ...more })

const error = (status: string, code: number, details: readonly JsonObject[] = []) =>
  JSON.stringify({ error: { code, message: 'No — nein.', status, details } })

describe('a refusal is', () => {
  const kinds: readonly (readonly [string, number, FaultCode])[] = [
    ['INVALID_ARGUMENT', 400, 'invalid_request'],
    ['FAILED_PRECONDITION', 400, 'upstream_failed'],
    ['UNAUTHENTICATED', 401, 'upstream_failed'],
    ['PERMISSION_DENIED', 403, 'upstream_failed'],
    ['NOT_FOUND', 404, 'model_not_found'],
    ['RESOURCE_EXHAUSTED', 429, 'rate_limited'],
    ['INTERNAL', 500, 'upstream_failed'],
    ['UNAVAILABLE', 503, 'overloaded'],
    ['DEADLINE_EXCEEDED', 504, 'upstream_timeout'],
    ['SOMETHING_NEW', 413, 'too_large'],
  ]
  test.each([...kinds])('%s with status %i: %s, and is kept as it came', (status, http, code) => {
    const body = error(status, http)
    const read = refusal(http, body)
    expect([read.code, read.status, read.message, read.said?.body]).toEqual([
      code,
      http,
      `google answered ${http}: No — nein.`,
      body,
    ])
  })

  test('our trouble, where the key is wrong, though its status says otherwise', () => {
    const reason = { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID' }
    expect(refusal(400, error('INVALID_ARGUMENT', 400, [reason])).code).toBe('upstream_failed')
  })

  test('read out of an array, as it comes for a stream that is one', () => {
    expect(refusal(429, `[${error('RESOURCE_EXHAUSTED', 429)}]`).message).toBe('google answered 429: No — nein.')
  })

  test('handed on as JSON, though Google calls it a stream', () => {
    expect(refusal(404, error('NOT_FOUND', 404), { contentType: 'text/event-stream' }).said?.contentType).toBe(
      'application/json; charset=UTF-8',
    )
  })

  test('not repeated where it is a page of HTML, and its status is not taken for its own', () => {
    const read = refusal(418, '<html>teapot</html>', { contentType: 'text/html' })
    expect([read.code, read.status, read.said]).toEqual(['upstream_failed', 502, undefined])
    expect(read.message).not.toContain('teapot')
  })

  const waits: readonly (readonly [string, number | undefined])[] = [
    ['48s', 48_000],
    ['0.25s', 250],
    ['86400s', 3_600_000],
    ['soon', undefined],
    ['-1s', undefined],
  ]
  test.each([...waits])('told to wait %s', (retryDelay, ms) => {
    const details = [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay }]
    expect(refusal(429, error('RESOURCE_EXHAUSTED', 429, details)).retryAfterMs).toBe(ms as number)
    expect(refusal(429, error('RESOURCE_EXHAUSTED', 429, details), { retryAfterMs: 7 }).retryAfterMs).toBe(7)
  })
})

describe('a failure inside a 200', () => {
  test('has the status that it should have had, and its JSON as it came', () => {
    const wire = error('UNAVAILABLE', 503)
    const inside = faultInside(JSON.parse(wire) as JsonObject, wire)
    expect([inside?.code, inside?.status, inside?.said?.body]).toEqual(['overloaded', 503, wire])
  })

  test('without a status is a 502, and a null is no failure', () => {
    expect(faultInside({ error: 'x' }, '')?.status).toBe(502)
    expect(faultInside({ error: [{ message: 'quota', code: 429 }] }, '')?.status).toBe(502)
    expect(faultInside({ error: null, candidates: [] }, '')).toBeUndefined()
  })
})

describe('a fault of ours', () => {
  const codes: readonly (readonly [FaultCode, number, string])[] = [
    ['unauthenticated', 401, 'UNAUTHENTICATED'],
    ['forbidden', 403, 'PERMISSION_DENIED'],
    ['model_not_found', 404, 'NOT_FOUND'],
    ['invalid_request', 400, 'INVALID_ARGUMENT'],
    ['too_large', 413, 'INVALID_ARGUMENT'],
    ['rate_limited', 429, 'RESOURCE_EXHAUSTED'],
    ['over_budget', 402, 'RESOURCE_EXHAUSTED'],
    ['guard_blocked', 400, 'INVALID_ARGUMENT'],
    ['no_target', 503, 'UNAVAILABLE'],
    ['upstream_failed', 502, 'INTERNAL'],
    ['upstream_timeout', 504, 'DEADLINE_EXCEEDED'],
    ['overloaded', 503, 'UNAVAILABLE'],
    ['client_closed', 499, 'CANCELLED'],
    ['internal', 500, 'INTERNAL'],
  ]
  test.each([...codes])('%s is written in the names of Google', (code, http, status) => {
    expect(fault.write(new Fault(code, 'Do this.', { cause: 'hidden' }), 'req_1')).toEqual({
      error: { code: http, message: 'Do this.', status },
      thalamus: { code, request_id: 'req_1' },
    })
  })

  test('tells a wait that was measured in whole milliseconds', () => {
    const { error: written } = fault.write(new Fault('no_target', 'm', { retryAfterMs: 59_997.01614399999 }), 'r')
    expect(written).toMatchObject({ details: [{ retryDelay: '59.998s' }] })
  })

  test('tells the field and the time to wait in Google’s details', () => {
    const { error: written } = fault.write(
      new Fault('rate_limited', 'm', { param: 'contents[0]', retryAfterMs: 250 }),
      'r',
    )
    expect(written).toMatchObject({
      details: [
        { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '0.25s' },
        {
          '@type': 'type.googleapis.com/google.rpc.BadRequest',
          fieldViolations: [{ field: 'contents[0]', description: 'm' }],
        },
      ],
    })
  })
})
