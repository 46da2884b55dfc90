import { codeOfStatus, type Fault, type FaultCode, type Said } from '../../model/fault.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import { isSaid } from '../check.ts'
import type { FaultReader, FaultWriter, Refusal } from '../dialect.ts'
import { failedInside, refused, statusIn, wordsOf } from '../provider-fault.ts'
import { sse } from './framing.ts'
import { dialectId } from './id.ts'

/** Errors of Google's APIs: `{error: {code, message, status, details}}` (cloud.google.com/apis/design/errors). */
export const fault: FaultReader & FaultWriter = { read, write, frame }

/** The canonical statuses by our codes. */
const statuses: Record<FaultCode, string> = {
  unauthenticated: 'UNAUTHENTICATED',
  forbidden: 'PERMISSION_DENIED',
  model_not_found: 'NOT_FOUND',
  invalid_request: 'INVALID_ARGUMENT',
  too_large: 'INVALID_ARGUMENT',
  rate_limited: 'RESOURCE_EXHAUSTED',
  over_budget: 'RESOURCE_EXHAUSTED',
  guard_blocked: 'INVALID_ARGUMENT',
  no_target: 'UNAVAILABLE',
  upstream_failed: 'INTERNAL',
  upstream_timeout: 'DEADLINE_EXCEEDED',
  overloaded: 'UNAVAILABLE',
  client_closed: 'CANCELLED',
  internal: 'INTERNAL',
}

/** What a canonical status means. A wrong key, or a country or account that may not ask, is our trouble, not the caller's. */
const meanings: ReadonlyMap<string, FaultCode> = new Map([
  ['INVALID_ARGUMENT', 'invalid_request'],
  ['OUT_OF_RANGE', 'invalid_request'],
  ['UNIMPLEMENTED', 'invalid_request'],
  ['FAILED_PRECONDITION', 'upstream_failed'],
  ['UNAUTHENTICATED', 'upstream_failed'],
  ['PERMISSION_DENIED', 'upstream_failed'],
  ['NOT_FOUND', 'model_not_found'],
  ['RESOURCE_EXHAUSTED', 'rate_limited'],
  ['UNAVAILABLE', 'overloaded'],
  ['DEADLINE_EXCEEDED', 'upstream_timeout'],
])

function read(refusal: Refusal): Fault {
  const { status, contentType, body } = refusal
  const json = parsed(body)
  const holder = errorIn(json)
  const error = aboutError(holder)
  return refused(refusal, {
    code: codeOf(error, status),
    words: wordsOf(holder),
    retryAfterMs: error.retryAfterMs,
    said: json === undefined ? undefined : said(body, contentType),
  })
}

/** Google says of an error on a stream's path that it is text/event-stream, and sends JSON. */
const said = (body: string, contentType: string): Said => ({
  dialect: dialectId,
  contentType: contentType.includes('json') ? contentType : 'application/json; charset=UTF-8',
  body,
})

function parsed(body: string): Json | undefined {
  try {
    const json = JSON.parse(body) as Json
    return typeof json === 'object' && json !== null ? json : undefined
  } catch {
    return undefined
  }
}

/** What holds the error; on a stream's path without `alt=sse` it stands in an array. */
const errorIn = (json: Json | undefined): Json | undefined => (Array.isArray(json) ? json.find(isObject) : json)

type Error = {
  readonly status?: string
  readonly reasons: readonly string[]
  readonly retryAfterMs?: number | undefined
}

/** What an error says beside its words. */
function aboutError(holder: Json | undefined): Error {
  const { status, details } = isObject(holder) && isObject(holder.error) ? holder.error : {}
  const about = Array.isArray(details) ? details.filter(isObject) : []
  return {
    ...(typeof status === 'string' ? { status } : {}),
    reasons: about.map(({ reason }) => reason).filter(reason => typeof reason === 'string'),
    retryAfterMs: about.map(waitIn).find(wait => wait !== undefined),
  }
}

/** Nobody waits longer than this on a provider's word. */
const longestMs = 3_600_000

/** `RetryInfo`: `{"retryDelay": "48s"}`, a duration in proto JSON. */
function waitIn({ retryDelay }: JsonObject): number | undefined {
  const seconds =
    typeof retryDelay === 'string' && /^\d+(?:\.\d+)?s$/.test(retryDelay) ? Number.parseFloat(retryDelay) : Number.NaN
  return Number.isNaN(seconds) ? undefined : Math.min(Math.ceil(seconds * 1000), longestMs)
}

/** A bad key is a 400 here, told apart by its reason alone. */
function codeOf({ status, reasons }: Error, http: number): FaultCode {
  if (reasons.some(reason => reason.startsWith('API_KEY_'))) return 'upstream_failed'
  return meanings.get(status ?? '') ?? codeOfStatus(http)
}

/** A fault that came inside a reply with status 200: its words, with the status that it should have had. */
export function faultInside(body: JsonObject, wire: string): Fault | undefined {
  const words = isSaid(body.error) ? wordsOf(body) : undefined
  if (words === undefined) return undefined
  const error = aboutError(body)
  const status = statusIn(isObject(body.error) ? body.error.code : undefined) ?? 502
  const { retryAfterMs } = error
  return failedInside(words, codeOf(error, status), { status, said: said(wire, ''), retryAfterMs })
}

function write(fault: Fault, requestId: string): JsonObject {
  const details = [...retryInfo(fault), ...badRequest(fault)]
  return {
    error: {
      code: fault.status,
      message: fault.message,
      status: statuses[fault.code],
      ...(details.length > 0 ? { details } : {}),
    },
    thalamus: { code: fault.code, request_id: requestId },
  }
}

/** A Duration of protobuf's JSON has at most nine decimals: what is measured is told in whole milliseconds. */
const retryInfo = ({ retryAfterMs }: Fault): readonly JsonObject[] =>
  retryAfterMs === undefined
    ? []
    : [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${Math.ceil(retryAfterMs) / 1000}s` }]

const badRequest = ({ param, message }: Fault): readonly JsonObject[] =>
  param === undefined
    ? []
    : [
        {
          '@type': 'type.googleapis.com/google.rpc.BadRequest',
          fieldViolations: [{ field: param, description: message }],
        },
      ]

/** Google's clients raise an error on a chunk that has `error`. No finish reason follows: a cut stream is not a whole one. */
function frame(fault: Fault, requestId: string): Uint8Array {
  return sse(write(fault, requestId))
}
