import { sseFrame } from '../../lib/sse.ts'
import { codeOfStatus, Fault, type FaultCode } from '../../model/fault.ts'
import { isObject, type Json, type JsonObject, objectIn } from '../../model/json.ts'
import { isSaid } from '../check.ts'
import type { FaultReader, FaultWriter, Refusal } from '../dialect.ts'
import { failedInside, refused, statusIn, statusNamed, wordsOf } from '../provider-fault.ts'
import { dialectId } from './id.ts'
import { isBroken } from './stop.ts'

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

function read(refusal: Refusal): Fault {
  const { status, contentType, body } = refusal
  const json = objectIn(body)
  const words = wordsOf(json)
  return refused(refusal, {
    code: isAboutKey(status, words) ? 'upstream_failed' : codeOfStatus(status),
    words,
    said: json && { dialect: dialectId, contentType, body },
  })
}

/** xAI and Gemini answer 400 to a key that is wrong: our trouble again. */
const isAboutKey = (status: number, words = ''): boolean =>
  status === 400 && /\b(?:incorrect|invalid) api key\b|\bapi key not valid\b/i.test(words)

/** A fault that came inside a reply with status 200: its words, with the status that it should have had. */
export function faultInside(body: JsonObject, wire: string): Fault | undefined {
  const { error } = body
  const words = isSaid(error) ? wordsOf(body) : undefined
  if (words === undefined) return undefined
  const told = isObject(error) ? [error.status_code, error.code] : [body.status_code, body.raw_status_code, body.code]
  const { type } = isObject(error) ? error : body
  const status = statusIn(...told) ?? statusNamed(...told, type) ?? 502
  const said = { dialect: dialectId, contentType: 'application/json', body: wire }
  return failedInside(words, codeOfStatus(status), { status, said })
}

/** A fault that stands in one of several replies, or that its reason to stop is: OpenRouter's `error`, Z.ai's `network_error`. */
export function faultOfChoice({ error, finish_reason: reason }: JsonObject): Fault | undefined {
  const fault = isSaid(error) ? faultInside({ error }, JSON.stringify({ error })) : undefined
  if (fault || !isBroken(reason)) return fault
  return new Fault('upstream_failed', 'The provider broke off its reply. Try again, or ask another model.')
}

/** The first fault among replies. */
export function faultAmong(choices: Json | undefined): Fault | undefined {
  if (!Array.isArray(choices)) return undefined
  for (const choice of choices) {
    const fault = isObject(choice) ? faultOfChoice(choice) : undefined
    if (fault) return fault
  }
  return undefined
}

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
