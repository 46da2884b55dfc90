import { Fault, type FaultCode, type FaultOptions } from '../../model/fault.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import type { FaultReader, FaultWriter, Refusal } from '../dialect.ts'
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
const meanings: Readonly<Record<string, FaultCode>> = {
  INVALID_ARGUMENT: 'invalid_request',
  OUT_OF_RANGE: 'invalid_request',
  UNIMPLEMENTED: 'invalid_request',
  FAILED_PRECONDITION: 'upstream_failed',
  UNAUTHENTICATED: 'upstream_failed',
  PERMISSION_DENIED: 'upstream_failed',
  NOT_FOUND: 'model_not_found',
  RESOURCE_EXHAUSTED: 'rate_limited',
  UNAVAILABLE: 'overloaded',
  DEADLINE_EXCEEDED: 'upstream_timeout',
}

/** By HTTP status, where no canonical one is told. */
const meaningsOfHttp: Readonly<Record<number, FaultCode>> = {
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

function read({ provider, status, contentType, retryAfterMs, body }: Refusal): Fault {
  const json = parsed(body)
  const error = errorIn(json)
  const wait = retryAfterMs ?? error?.retryAfterMs
  return new Fault(codeOf(error, status), sentence(provider, status, error?.message), {
    // A page of HTML is not for the caller, and its status says nothing about what the caller asked. Neither does the type
    // that Google gives an error on a stream's path: it says text/event-stream and sends JSON.
    ...(json === undefined ? {} : { status, said: said(body, contentType) }),
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
  })
}

const said = (body: string, contentType: string): NonNullable<FaultOptions['said']> => ({
  dialect: dialectId,
  contentType: contentType.includes('json') ? contentType : 'application/json; charset=UTF-8',
  body,
})

function sentence(provider: string, status: number, words: string | undefined): string {
  return words === undefined
    ? `${provider} answered ${status} without saying why. Check its base_url, or try again later.`
    : `${provider} answered ${status}: ${words}`
}

function parsed(body: string): Json | undefined {
  try {
    const json = JSON.parse(body) as Json
    return typeof json === 'object' && json !== null ? json : undefined
  } catch {
    return undefined
  }
}

type WireError = {
  readonly message: string
  readonly code: number | undefined
  readonly status: string | undefined
  readonly reasons: readonly string[]
  readonly retryAfterMs: number | undefined
}

/** The error that a JSON text carries, if it carries one; on a stream's path without `alt=sse` it stands in an array. */
function errorIn(json: Json | undefined): WireError | undefined {
  const body = Array.isArray(json) ? (json.find(isObject) as JsonObject | undefined) : json
  if (!isObject(body)) return undefined
  const { error } = body
  if (typeof error === 'string') return { ...silent, message: error }
  if (!isObject(error)) return typeof body.message === 'string' ? { ...silent, message: body.message } : undefined
  const details = Array.isArray(error.details) ? error.details.filter(isObject) : []
  return {
    message: typeof error.message === 'string' ? error.message : 'no reason was given',
    code: httpStatus(error.code),
    status: typeof error.status === 'string' ? error.status : undefined,
    reasons: details.map(detail => detail.reason).filter(reason => typeof reason === 'string'),
    retryAfterMs: details.map(waitIn).find(wait => wait !== undefined),
  }
}

const silent = { code: undefined, status: undefined, reasons: [], retryAfterMs: undefined }

function httpStatus(code: Json | undefined): number | undefined {
  const number = Number(code)
  return Number.isInteger(number) && number >= 400 && number < 600 ? number : undefined
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
function codeOf(error: WireError | undefined, status: number): FaultCode {
  if (error?.reasons.some(reason => reason.startsWith('API_KEY_'))) return 'upstream_failed'
  const named =
    error?.status === undefined || !Object.hasOwn(meanings, error.status) ? undefined : meanings[error.status]
  return named ?? meaningsOfHttp[status] ?? 'upstream_failed'
}

/** A fault that came inside a reply with status 200: its words, with the status that it should have had. */
export function faultInside(body: JsonObject, wire: string): Fault | undefined {
  if (body.error === undefined || body.error === null) return undefined
  const error = errorIn(body)
  if (!error) return undefined
  const status = error.code ?? 502
  return new Fault(codeOf(error, status), `The provider failed inside its reply: ${error.message}`, {
    status,
    said: said(wire, 'application/json; charset=UTF-8'),
    ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
  })
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

const retryInfo = ({ retryAfterMs }: Fault): readonly JsonObject[] =>
  retryAfterMs === undefined
    ? []
    : [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${retryAfterMs / 1000}s` }]

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
