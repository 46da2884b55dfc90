import { sseFrame } from '../../lib/sse.ts'
import { Fault, type FaultCode } from '../../model/fault.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import type { FaultReader, FaultWriter, Refusal } from '../dialect.ts'

export const dialectId = 'openai-chat'

/** OpenAI's error types (platform.openai.com/docs/guides/error-codes), by our codes. */
const types: Record<FaultCode, string> = {
  unauthenticated: 'authentication_error',
  forbidden: 'permission_error',
  model_not_found: 'invalid_request_error',
  invalid_request: 'invalid_request_error',
  too_large: 'invalid_request_error',
  rate_limited: 'rate_limit_error',
  over_budget: 'insufficient_quota',
  guard_blocked: 'invalid_request_error',
  no_target: 'api_error',
  upstream_failed: 'api_error',
  upstream_timeout: 'api_error',
  overloaded: 'api_error',
  client_closed: 'api_error',
  internal: 'api_error',
}

/** The names that OpenAI's own clients look for in `error.code`, where they differ from ours. */
const wireCodes: Partial<Record<FaultCode, string>> = {
  unauthenticated: 'invalid_api_key',
  rate_limited: 'rate_limit_exceeded',
  over_budget: 'insufficient_quota',
}

/** Errors of OpenAI's API. A provider's own error reply is kept whole, to be repeated byte for byte. */
export const fault: FaultReader & FaultWriter = { read, write, frame }

function read({ provider, status, contentType, retryAfterMs, body }: Refusal): Fault {
  const said = parses(body) ? { dialect: dialectId, contentType, body } : undefined
  const words = wordsOf(body)
  return new Fault(isAboutKey(status, words) ? 'upstream_failed' : codeOf(status), sentence(provider, status, words), {
    // A page of HTML is not for the caller, and its status says nothing about what the caller asked.
    ...(said ? { status, said } : {}),
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

/** xAI and Gemini answer 400 to a key that is wrong: our trouble again. */
const isAboutKey = (status: number, words = ''): boolean =>
  status === 400 && /\b(?:incorrect|invalid) api key\b|\bapi key not valid\b/i.test(words)

const sentence = (provider: string, status: number, words: string | undefined): string =>
  words
    ? `${provider} answered ${status}: ${words}`
    : `${provider} answered ${status} with a page that is not JSON. Check its base_url, or try again later.`

function parses(body: string): boolean {
  try {
    return isObject(JSON.parse(body))
  } catch {
    return false
  }
}

function wordsOf(body: string): string | undefined {
  try {
    return errorOf(JSON.parse(body))?.message
  } catch {
    return undefined
  }
}

/**
 * The error that a reply's JSON carries, if it carries one: OpenAI's `{error: {message}}`, or the bare forms of others
 * (`{error: "…"}`, `{message, code}`, `{detail: "…"}`, `{detail: [{msg}]}`).
 */
export function errorOf(body: Json): { readonly message: string; readonly status: number | undefined } | undefined {
  if (!isObject(body)) return undefined
  const error = body.error
  if (isObject(error)) {
    const words = [text(error.message) ?? 'no reason was given', upstreamWords(error.metadata)]
    return {
      message: words.filter(each => each !== undefined).join(': '),
      status: statusIn(error.status_code, error.code),
    }
  }
  const message = text(error) ?? text(body.message) ?? detailWords(body.detail) ?? detailWords(body.message)
  return message === undefined
    ? undefined
    : { message, status: statusIn(body.status_code, body.raw_status_code, body.code) }
}

const text = (value: Json | undefined): string | undefined => (typeof value === 'string' ? value : undefined)

/** FastAPI's list of what is wrong with which field. */
function detailWords(detail: Json | undefined): string | undefined {
  if (!Array.isArray(detail)) return isObject(detail) ? detailWords(detail.detail) : text(detail)
  const words = detail
    .filter(isObject)
    .map(({ msg, loc }) => `${text(msg) ?? ''} (${Array.isArray(loc) ? loc.join('.') : ''})`)
  return words.length > 0 ? words.join('; ') : undefined
}

/** What the provider behind OpenRouter said: a text, often a JSON one. */
function upstreamWords(metadata: Json | undefined): string | undefined {
  const raw = isObject(metadata) ? text(metadata.raw) : undefined
  return raw === undefined ? undefined : (wordsOf(raw) ?? raw)
}

function statusIn(...values: (Json | undefined)[]): number | undefined {
  return values.map(Number).find(value => Number.isInteger(value) && value >= 400 && value < 600)
}

/** A fault that came inside a reply with status 200: its words, with the status that it should have had. */
export function faultInside(body: JsonObject, wire: string): Fault | undefined {
  const error = body.error === undefined || body.error === null ? undefined : errorOf(body)
  if (!error) return undefined
  const status = error.status ?? 502
  return new Fault(codeOf(status), `The provider failed inside its reply: ${error.message}`, {
    status,
    said: { dialect: dialectId, contentType: 'application/json', body: wire },
  })
}

/** A reply that cannot be understood at this place. */
export const oddReply = (field: string, seen: Json | undefined): Fault =>
  new Fault(
    'upstream_failed',
    `The provider's reply cannot be read: '${field}' is ${(JSON.stringify(seen) ?? 'missing').slice(0, 60)}. Try again, or ask another model.`,
  )

function write(fault: Fault, requestId: string): JsonObject {
  return {
    error: {
      message: fault.message,
      type: types[fault.code],
      param: fault.param ?? null,
      code: wireCodes[fault.code] ?? fault.code,
    },
    thalamus: { code: fault.code, request_id: requestId },
  }
}

/** OpenAI's clients raise an error on a chunk that has `error`. No `[DONE]` follows: a cut stream is not a whole one. */
function frame(fault: Fault, requestId: string): Uint8Array {
  return sseFrame(JSON.stringify(write(fault, requestId)))
}
