import { describe, expect, test } from 'bun:test'
import OpenAI from 'openai'
import type { FaultCode } from '../../model/fault.ts'
import { Fault } from '../../model/fault.ts'
import type { JsonObject } from '../../model/json.ts'
import { fault, faultInside } from './fault.ts'

const refusal = (status: number, body: string, more: object = {}) =>
  fault.read({ provider: 'openai', status, contentType: 'application/json', retryAfterMs: undefined, body, ...more })

describe("a provider's refusal", () => {
  test('has the code of its status, and its JSON is kept as it came', () => {
    const body = ' {"error":{"message":"No — nein.","seed":18446744073709551615}}\n'
    const read = refusal(404, body, { contentType: 'application/problem+json' })
    expect([read.code, read.status, read.message]).toEqual(['model_not_found', 404, 'openai answered 404: No — nein.'])
    expect(read.said).toEqual({ dialect: 'openai-chat', contentType: 'application/problem+json', body })
  })

  test('in a page of HTML is not repeated, and its status is not taken for its own', () => {
    const read = refusal(418, '<html>teapot</html>', { contentType: 'text/html' })
    expect([read.code, read.status, read.said]).toEqual(['upstream_failed', 502, undefined])
    expect(read.message).not.toContain('teapot')
    expect(refusal(429, 'slow down').status).toBe(429)
  })

  test('brings the time after which to ask again', () => {
    expect(refusal(429, '{}', { retryAfterMs: 1500 }).retryAfterMs).toBe(1500)
    expect(refusal(429, '{}').retryAfterMs).toBeUndefined()
  })
})

test('a wrong key is the operator’s trouble, also where the provider answers 400', () => {
  const answer = (words: string) =>
    fault.read({
      provider: 'xai',
      status: 400,
      contentType: 'application/json',
      retryAfterMs: undefined,
      body: JSON.stringify({ code: 'invalid', error: words }),
    }).code
  expect(answer('Incorrect API key provided: sk.')).toBe('upstream_failed')
  expect(answer("The tool 'api key' is not valid.")).toBe('invalid_request')
})

describe('a failure inside a 200', () => {
  test('has the status that it should have had, and its JSON as it came', () => {
    const wire = '{"error":{"message":"späť","code":429}}'
    const inside = faultInside(JSON.parse(wire) as JsonObject, wire)
    expect([inside?.code, inside?.status, inside?.said?.body]).toEqual(['rate_limited', 429, wire])
  })

  const statuses: readonly (readonly [JsonObject, number])[] = [
    [{ error: { message: 'a', code: 529 } }, 529],
    [{ error: { message: 'a', status_code: 400, code: 'x' } }, 400],
    [{ error: { message: 'a', code: '503' } }, 503],
    [{ error: { message: 'a', code: 1302 } }, 502],
    [{ error: 'a', raw_status_code: 422 }, 422],
    [{ error: 'a', code: 404 }, 404],
    // OpenAI's own words, which have no status in them.
    [{ error: { message: 'a', type: 'requests', code: 'rate_limit_exceeded' } }, 429],
    [{ error: { message: 'a', type: 'insufficient_quota', code: null } }, 429],
    [{ error: { message: 'a', type: 'invalid_request_error', code: 'invalid_api_key' } }, 401],
    [{ error: { message: 'a', type: 'invalid_request_error', code: 'context_length_exceeded' } }, 400],
    [{ error: { message: 'a', type: 'invalid_request_error', code: 'model_not_found' } }, 404],
    [{ error: { message: 'a', type: 'overloaded_error' } }, 503],
    [{ error: { message: 'a', type: 'server_error', code: null } }, 502],
    [{ error: 'a', code: 'rate_limit_exceeded' }, 429],
  ]
  test.each([...statuses])('may tell its status anywhere: %o', (body, status) => {
    expect(faultInside(body, '')?.status).toBe(status)
  })

  test('without a status is a 502, and a null is no failure', () => {
    expect(faultInside({ error: 'x' }, '')?.status).toBe(502)
    expect(faultInside({ error: null, choices: [] }, '')).toBeUndefined()
    expect(faultInside({ message: 'x' }, '')).toBeUndefined()
  })
})

describe('a fault of ours', () => {
  const codes: readonly (readonly [FaultCode, string, string])[] = [
    ['unauthenticated', 'authentication_error', 'invalid_api_key'],
    ['forbidden', 'permission_error', 'forbidden'],
    ['model_not_found', 'invalid_request_error', 'model_not_found'],
    ['invalid_request', 'invalid_request_error', 'invalid_request'],
    ['too_large', 'invalid_request_error', 'too_large'],
    ['rate_limited', 'rate_limit_error', 'rate_limit_exceeded'],
    ['over_budget', 'insufficient_quota', 'insufficient_quota'],
    ['guard_blocked', 'invalid_request_error', 'guard_blocked'],
    ['no_target', 'api_error', 'no_target'],
    ['upstream_failed', 'api_error', 'upstream_failed'],
    ['upstream_timeout', 'api_error', 'upstream_timeout'],
    ['overloaded', 'api_error', 'overloaded'],
    ['client_closed', 'api_error', 'client_closed'],
    ['internal', 'api_error', 'internal'],
  ]
  test.each([...codes])('%s is written in the names of OpenAI', (code, type, wireCode) => {
    expect(fault.write(new Fault(code, 'Do this.', { param: 'model', cause: 'hidden' }), 'req_1')).toEqual({
      error: { message: 'Do this.', type, param: 'model', code: wireCode },
      thalamus: { code, request_id: 'req_1' },
    })
  })

  test("in a stream is one event that OpenAI's own client raises as an error", async () => {
    const frame = Buffer.from(fault.frame(new Fault('upstream_failed', 'It — broke.\nTwice.'), 'req_1'))
    const client = new OpenAI({
      apiKey: 'k',
      maxRetries: 0,
      fetch: async () => new Response(frame, { headers: { 'content-type': 'text/event-stream' } }),
    })
    const stream = await client.chat.completions.create({ model: 'm', messages: [], stream: true })
    const read = async (): Promise<void> => {
      for await (const _ of stream) throw new Error('The fault was taken for a chunk.')
    }
    expect(String(await read().catch((error: unknown) => error))).toContain('It — broke.')
    expect(frame.toString().match(/\n\n/g)).toHaveLength(1)
  })
})
