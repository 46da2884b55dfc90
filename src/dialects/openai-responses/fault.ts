import { sseFrame } from '../../lib/sse.ts'
import { codeOfStatus, type Fault, type FaultCode } from '../../model/fault.ts'
import { isObject, type Json, type JsonObject, objectIn } from '../../model/json.ts'
import { isSaid } from '../check.ts'
import type { FaultReader, FaultWriter, Refusal } from '../dialect.ts'
import { failedInside, refused, statusIn, statusNamed, wordsOf } from '../provider-fault.ts'
import { dialectId } from './id.ts'

/** OpenAI's error types (platform.openai.com/docs/guides/error-codes), by our codes. */
const types: Readonly<Record<FaultCode, string>> = {
  unauthenticated: 'authentication_error',
  forbidden: 'permission_error',
  model_not_found: 'invalid_request_error',
  invalid_request: 'invalid_request_error',
  too_large: 'invalid_request_error',
  rate_limited: 'rate_limit_error',
  over_budget: 'insufficient_quota',
  guard_blocked: 'invalid_request_error',
  no_target: 'server_error',
  upstream_failed: 'server_error',
  upstream_timeout: 'server_error',
  overloaded: 'server_error',
  client_closed: 'server_error',
  internal: 'server_error',
}

/** The names that OpenAI's own clients look for in `error.code`, where they differ from ours. */
const wireCodes: Readonly<Partial<Record<FaultCode, string>>> = {
  unauthenticated: 'invalid_api_key',
  rate_limited: 'rate_limit_exceeded',
  over_budget: 'insufficient_quota',
}

/** And where a field is at fault: on this one clients send again all that was said before (OpenAI's guide to WebSocket mode). */
const fieldCodes: ReadonlyMap<string, string> = new Map([['previous_response_id', 'previous_response_not_found']])

/** Errors of OpenAI's Responses API. A provider's own error reply is kept whole, to be repeated byte for byte. */
export const fault: FaultReader & FaultWriter = { read, write, frame }

function read(refusal: Refusal): Fault {
  const { status, contentType, body } = refusal
  const json = objectIn(body)
  return refused(refusal, {
    code: codeOfStatus(status),
    words: wordsOf(json),
    said: json && { dialect: dialectId, contentType, body },
  })
}

/** What an error says: in OpenAI's `{error: {…}}`, or with its words at the top, as in xAI's `{error: "…", code}`. */
type Words = { readonly message: string; readonly code?: string | undefined; readonly param?: string | undefined }

function wordsIn(body: JsonObject): Words | undefined {
  const message = wordsOf(body)
  const { code, type, param } = isObject(body.error) ? body.error : { ...body, type: undefined }
  return message === undefined ? undefined : { message, code: text(code) ?? text(type), param: text(param) }
}

const text = (value: Json | undefined): string | undefined =>
  typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined

/**
 * The fault that stands inside a reply with status 200: an `error` event, or a response that failed. `wire` is the JSON
 * that carries it, which is for the caller as it came if it has the form of an error reply.
 */
export function faultInside(holder: JsonObject, wire: string): Fault | undefined {
  const words = isSaid(holder.error) ? wordsIn(holder) : (unsaid.get(holder.status) ?? flatError(holder))
  if (!words) return undefined
  const status = statusIn(words.code) ?? statusNamed(words.code) ?? 502
  const body = isObject(holder.error) ? wire : asReply(words)
  const said = { dialect: dialectId, contentType: 'application/json', body }
  return failedInside(words.message, codeOfStatus(status), { status, said })
}

/** What a response has come to that is no answer, where it does not say why. */
const unsaid: ReadonlyMap<Json | undefined, Words> = new Map([
  ['failed', { message: 'no reason was given' }],
  ['cancelled', { message: 'it was cancelled' }],
])

/** The `error` event as OpenAI's reference has it, its words at the top. */
const flatError = (event: JsonObject): Words | undefined =>
  event.type === 'error' ? (wordsIn(event) ?? { message: 'no reason was given' }) : undefined

const asReply = ({ message, code, param }: Words): string =>
  JSON.stringify({ error: { message, type: code ?? 'server_error', param: param ?? null, code: code ?? null } })

function write(fault: Fault, requestId: string): JsonObject {
  return { error: errorOf(fault), thalamus: { code: fault.code, request_id: requestId } }
}

const errorOf = (fault: Fault) => ({
  message: fault.message,
  type: types[fault.code],
  param: fault.param ?? null,
  code: fieldCodes.get(fault.param ?? '') ?? wireCodes[fault.code] ?? fault.code,
})

/** Why a response failed: there are few names for it, which clients in typed languages know all of. */
const failures: Readonly<Partial<Record<FaultCode, string>>> = {
  rate_limited: 'rate_limit_exceeded',
  invalid_request: 'invalid_prompt',
  too_large: 'invalid_prompt',
  guard_blocked: 'invalid_prompt',
}

/** The `error` of a response that failed. */
export const failureOf = ({ code, message }: Fault): JsonObject => ({
  code: failures[code] ?? 'server_error',
  message,
})

/** The `error` event. OpenAI sends the words in `error`, and its reference has them beside `type`: they stand in both. */
export function errorEvent(fault: Fault, requestId: string, sequence: number): JsonObject {
  const { message, code, param } = errorOf(fault)
  return { type: 'error', sequence_number: sequence, code, message, param, ...write(fault, requestId) }
}

/** No `response.completed` follows: a cut stream does not end like a whole one. */
function frame(fault: Fault, requestId: string): Uint8Array {
  return sseFrame(JSON.stringify(errorEvent(fault, requestId, 0)), 'error')
}
