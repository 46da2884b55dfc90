import { Fault, type FaultCode } from '../../model/fault.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import type { FaultReader, Refusal } from '../dialect.ts'

/** Errors of Cohere's API: a message without an envelope (docs.cohere.com/reference/errors). */
export const fault: FaultReader = { read }

function read({ provider, status, retryAfterMs, body }: Refusal): Fault {
  const words = wordsOf(parsed(body))
  const reason = words ?? 'no reason was given. Check its base_url, or try again later'
  return new Fault(codeOf(status), `${provider} answered ${status}: ${reason}`, {
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
}

/** A wrong key or an empty account is our trouble, not the caller's. */
function codeOf(status: number): FaultCode {
  if (status === 429) return 'rate_limited'
  if (status === 404) return 'model_not_found'
  if (status === 413) return 'too_large'
  if (status === 408 || status === 504) return 'upstream_timeout'
  if (status === 503) return 'overloaded'
  return status === 400 || status === 422 ? 'invalid_request' : 'upstream_failed'
}

function parsed(body: string): Json {
  try {
    return JSON.parse(body) as Json
  } catch {
    return null
  }
}

export function wordsOf(said: Json | undefined): string | undefined {
  if (!isObject(said)) return undefined
  const inside = isObject(said.error) ? said.error.message : said.error
  return [said.message, inside, said.detail].find(words => typeof words === 'string' && words !== '') as
    | string
    | undefined
}

/** What a reply ended with that is no end: the model failed, or was not ready in time. */
export function failureOf({ finish_reason: reason, error }: JsonObject): Fault | undefined {
  const words = typeof error === 'string' && error !== '' ? error : undefined
  if (reason === 'TIMEOUT') return inside('upstream_timeout', words ?? 'it took too long.')
  if (reason === 'ERROR' || words !== undefined) return inside('upstream_failed', words ?? 'no reason was given.')
  return undefined
}

const inside = (code: FaultCode, words: string): Fault =>
  new Fault(code, `The provider failed inside its reply: ${words}`)

export const failedInside = (words: string): Fault => inside('upstream_failed', words)

/** What a reply says that cannot be understood. */
export const nonsense = (sentence: string, cause?: unknown): Fault =>
  new Fault('upstream_failed', `The provider's reply cannot be understood: ${sentence}`, { cause })
