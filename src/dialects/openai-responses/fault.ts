import { sseFrame } from '../../lib/sse.ts'
import { Fault, type FaultCode } from '../../model/fault.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import type { FaultReader, FaultWriter, Refusal } from '../dialect.ts'

export const dialectId = 'openai-responses'

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

/** What an error inside a reply with status 200 means: there only its name tells. */
const insideCodes: ReadonlyMap<string, FaultCode> = new Map([
  ['rate_limit_exceeded', 'rate_limited'],
  ['insufficient_quota', 'rate_limited'],
  ['usage_limit_reached', 'rate_limited'],
  ['rate_limit_error', 'rate_limited'],
  ['server_is_overloaded', 'overloaded'],
  ['slow_down', 'overloaded'],
  ['overloaded_error', 'overloaded'],
  ['vector_store_timeout', 'upstream_timeout'],
  ['context_length_exceeded', 'invalid_request'],
  ['invalid_prompt', 'invalid_request'],
  ['invalid_request_error', 'invalid_request'],
  ['model_not_found', 'model_not_found'],
])

/** Errors of OpenAI's Responses API. A provider's own error reply is kept whole, to be repeated byte for byte. */
export const fault: FaultReader & FaultWriter = { read, write, frame }

function read({ provider, status, contentType, retryAfterMs, body }: Refusal): Fault {
  const json = parsed(body)
  const words = json && wordsIn(json)
  return new Fault(codeOf(status), sentence(provider, status, words?.message), {
    // A page of HTML is not for the caller, and its status says nothing about what the caller asked.
    ...(json ? { status, said: { dialect: dialectId, contentType, body } } : {}),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
}

/** What kind of failure a provider's status is. A wrong key or an empty account there is our trouble, not the caller's. */
function codeOf(status: number): FaultCode {
  if (status === 429) return 'rate_limited'
  if (status === 404) return 'model_not_found'
  if (status === 413) return 'too_large'
  if (status === 408 || status === 504) return 'upstream_timeout'
  if (status === 503 || status === 529) return 'overloaded'
  return status === 400 || status === 422 ? 'invalid_request' : 'upstream_failed'
}

const sentence = (provider: string, status: number, words: string | undefined): string =>
  words
    ? `${provider} answered ${status}: ${words}`
    : `${provider} answered ${status} and gave no reason that can be read. Check its base_url, or try again later.`

function parsed(body: string): JsonObject | undefined {
  try {
    const value = JSON.parse(body) as Json
    return isObject(value) ? value : undefined
  } catch {
    // No JSON: a page of some proxy's, or nothing at all.
    return undefined
  }
}

/** What an error says, in the forms seen: OpenAI's `{error: {…}}`, `{error: "…", code}` (xAI), `{detail: "…"}` (Codex). */
type Words = { readonly message: string; readonly code?: string | undefined; readonly param?: string | undefined }

function wordsIn(body: JsonObject): Words | undefined {
  if (isObject(body.error)) {
    const { message, code, type, param } = body.error
    return { message: text(message) ?? 'no reason was given', code: text(code) ?? text(type), param: text(param) }
  }
  const message = text(body.error) ?? text(body.message) ?? text(body.detail)
  return message === undefined ? undefined : { message, code: text(body.code), param: text(body.param) }
}

const text = (value: Json | undefined): string | undefined =>
  typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined

/**
 * The fault that stands inside a reply with status 200: an `error` event, or a response that failed. `wire` is the JSON
 * that carries it, which is for the caller as it came if it has the form of an error reply.
 */
export function faultInside(holder: JsonObject, wire: string): Fault | undefined {
  const words = holder.error === undefined || holder.error === null ? flatError(holder) : wordsIn(holder)
  if (!words) return undefined
  const numeric = Number(words.code)
  const known = words.code === undefined ? undefined : insideCodes.get(words.code)
  const code = known ?? (numeric >= 400 && numeric < 600 ? codeOf(numeric) : 'upstream_failed')
  return new Fault(code, `The provider failed inside its reply: ${words.message}`, {
    said: { dialect: dialectId, contentType: 'application/json', body: isObject(holder.error) ? wire : asReply(words) },
  })
}

/** The `error` event as OpenAI's reference has it, its words at the top. */
const flatError = (event: JsonObject): Words | undefined =>
  event.type === 'error' ? (wordsIn(event) ?? { message: 'no reason was given' }) : undefined

const asReply = ({ message, code, param }: Words): string =>
  JSON.stringify({ error: { message, type: code ?? 'server_error', param: param ?? null, code: code ?? null } })

function write(fault: Fault, requestId: string): JsonObject {
  return { error: errorOf(fault), thalamus: { code: fault.code, request_id: requestId } }
}

export const errorOf = (fault: Fault) => ({
  message: fault.message,
  type: types[fault.code],
  param: fault.param ?? null,
  code: wireCodes[fault.code] ?? fault.code,
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
