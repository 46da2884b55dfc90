import { sseFrame } from '../../lib/sse.ts'
import { codeOfStatus, type Fault, type FaultCode } from '../../model/fault.ts'
import { isObject, type JsonObject, objectIn } from '../../model/json.ts'
import { isSaid } from '../check.ts'
import type { FaultReader, FaultWriter, Refusal } from '../dialect.ts'
import { failedInside, refused, wordsOf } from '../provider-fault.ts'
import { dialectId } from './id.ts'

/** Anthropic's error types (platform.claude.com/docs/en/api/errors), by our codes. */
const types: Readonly<Record<FaultCode, string>> = {
  unauthenticated: 'authentication_error',
  forbidden: 'permission_error',
  model_not_found: 'not_found_error',
  invalid_request: 'invalid_request_error',
  too_large: 'request_too_large',
  rate_limited: 'rate_limit_error',
  over_budget: 'billing_error',
  guard_blocked: 'invalid_request_error',
  no_target: 'api_error',
  upstream_failed: 'api_error',
  upstream_timeout: 'timeout_error',
  overloaded: 'overloaded_error',
  client_closed: 'api_error',
  internal: 'api_error',
}

/** What a provider's type means here, and the status it goes with. A wrong key or an empty account there is our trouble. */
const meanings: ReadonlyMap<string, { readonly code: FaultCode; readonly status: number }> = new Map([
  ['invalid_request_error', { code: 'invalid_request', status: 400 }],
  ['authentication_error', { code: 'upstream_failed', status: 401 }],
  ['billing_error', { code: 'upstream_failed', status: 402 }],
  ['permission_error', { code: 'upstream_failed', status: 403 }],
  ['not_found_error', { code: 'model_not_found', status: 404 }],
  ['request_too_large', { code: 'too_large', status: 413 }],
  ['rate_limit_error', { code: 'rate_limited', status: 429 }],
  ['api_error', { code: 'upstream_failed', status: 500 }],
  ['timeout_error', { code: 'upstream_timeout', status: 504 }],
  ['overloaded_error', { code: 'overloaded', status: 529 }],
])

/** Errors of Anthropic's API. A provider's own error reply is kept whole, to be repeated byte for byte. */
export const fault: FaultReader & FaultWriter = { read, write, frame }

function read(refusal: Refusal): Fault {
  const { status, contentType, body } = refusal
  const json = objectIn(body)
  return refused(refusal, {
    // The type is the closer word: a relay before the provider may have changed the status.
    code: meaningOf(json)?.code ?? codeOfStatus(status),
    words: wordsOf(json),
    said: json && { dialect: dialectId, contentType, body },
  })
}

const meaningOf = (body: JsonObject | undefined) =>
  isObject(body?.error) && typeof body.error.type === 'string' ? meanings.get(body.error.type) : undefined

/** A fault that came inside a reply with status 200: its words, with the status that it should have had. */
export function faultInside(body: JsonObject, wire: string): Fault | undefined {
  if (body.type !== 'error' && !isSaid(body.error)) return undefined
  const { code, status } = meaningOf(body) ?? { code: 'upstream_failed', status: 502 }
  const words = wordsOf(body)
  if (words === undefined) return failedInside('no reason was given', code, { status })
  return failedInside(words, code, {
    status,
    said: { dialect: dialectId, contentType: 'application/json', body: wire },
  })
}

function write(fault: Fault, requestId: string): JsonObject {
  return {
    type: 'error',
    error: { type: types[fault.code], message: sentenceOf(fault), ...detailsOf(fault) },
    request_id: requestId,
    thalamus: { code: fault.code, request_id: requestId },
  }
}

/** Errors have no field for the place of the fault here, so that the sentence has to name it. */
const sentenceOf = ({ code, message, param }: Fault): string =>
  code !== 'invalid_request' || param === undefined || message.includes(`'${param}'`)
    ? message
    : `'${param}': ${message}`

/** The newest SDKs' own loops ask for threads, and go on without if they are refused in this form (the beta's errors). */
const detailsOf = ({ param }: Fault): JsonObject =>
  param === 'thread' ? { details: { error_code: 'thread_unsupported_request', unsupported: ['thread'] } } : {}

/** Anthropic's clients raise an error on this event. No `message_stop` follows: a cut stream is not a whole one. */
function frame(fault: Fault, requestId: string): Uint8Array {
  return sseFrame(JSON.stringify(write(fault, requestId)), 'error')
}
