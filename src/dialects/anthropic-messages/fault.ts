import { sseFrame } from '../../lib/sse.ts'
import { Fault, type FaultCode } from '../../model/fault.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import type { FaultReader, FaultWriter, Refusal } from '../dialect.ts'
import { objectIn } from './parse.ts'
import { dialectId } from './words.ts'

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
const meanings: Readonly<Record<string, { readonly code: FaultCode; readonly status: number }>> = {
  invalid_request_error: { code: 'invalid_request', status: 400 },
  authentication_error: { code: 'upstream_failed', status: 401 },
  billing_error: { code: 'upstream_failed', status: 402 },
  permission_error: { code: 'upstream_failed', status: 403 },
  not_found_error: { code: 'model_not_found', status: 404 },
  request_too_large: { code: 'too_large', status: 413 },
  rate_limit_error: { code: 'rate_limited', status: 429 },
  api_error: { code: 'upstream_failed', status: 500 },
  timeout_error: { code: 'upstream_timeout', status: 504 },
  overloaded_error: { code: 'overloaded', status: 529 },
}

/** Errors of Anthropic's API. A provider's own error reply is kept whole, to be repeated byte for byte. */
export const fault: FaultReader & FaultWriter = { read, write, frame }

function read({ provider, status, contentType, retryAfterMs, body }: Refusal): Fault {
  const json = objectIn(body)
  const error = json && errorOf(json)
  // The type is the closer word: a relay before the provider may have changed the status.
  const code = (error?.type && meanings[error.type]?.code) || codeOf(status)
  return new Fault(code, sentence(provider, status, error?.message), {
    // A page of HTML is not for the caller, and its status says nothing about what the caller asked.
    ...(json ? { status, said: { dialect: dialectId, contentType, body } } : {}),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
}

const statusCodes: Readonly<Record<number, FaultCode>> = {
  400: 'invalid_request',
  404: 'model_not_found',
  408: 'upstream_timeout',
  413: 'too_large',
  422: 'invalid_request',
  429: 'rate_limited',
  503: 'overloaded',
  504: 'upstream_timeout',
  529: 'overloaded',
}

const codeOf = (status: number): FaultCode => statusCodes[status] ?? 'upstream_failed'

const sentence = (provider: string, status: number, words: string | undefined): string =>
  words
    ? `${provider} answered ${status}: ${words}`
    : `${provider} answered ${status} without a reason that can be read. Check its base_url, or try again later.`

/** The error in a JSON text: Anthropic's `{type: 'error', error: {type, message}}`, or the bare forms of those before it. */
function errorOf(body: JsonObject): { readonly type: string | undefined; readonly message: string } | undefined {
  const { error } = body
  if (isObject(error)) return { type: text(error.type), message: text(error.message) ?? 'no reason was given' }
  const message = text(error) ?? text(body.message) ?? text(body.detail)
  return message === undefined ? undefined : { type: undefined, message }
}

const text = (value: Json | undefined): string | undefined => (typeof value === 'string' ? value : undefined)

/** A fault that came inside a reply with status 200: its words, with the status that it should have had. */
export function faultInside(body: JsonObject, wire: string): Fault | undefined {
  if (body.type !== 'error' && (body.error === undefined || body.error === null)) return undefined
  const error = errorOf(body)
  const { code, status } = meanings[error?.type ?? ''] ?? { code: 'upstream_failed', status: 502 }
  return new Fault(code, `The provider failed inside its reply: ${error?.message ?? 'no reason was given'}`, {
    status,
    said: { dialect: dialectId, contentType: 'application/json', body: wire },
  })
}

function write(fault: Fault, requestId: string): JsonObject {
  return {
    type: 'error',
    error: { type: types[fault.code], message: fault.message },
    request_id: requestId,
    thalamus: { code: fault.code, request_id: requestId },
  }
}

/** Anthropic's clients raise an error on this event. No `message_stop` follows: a cut stream is not a whole one. */
function frame(fault: Fault, requestId: string): Uint8Array {
  return sseFrame(JSON.stringify(write(fault, requestId)), 'error')
}
