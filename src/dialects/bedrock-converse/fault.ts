import { Fault, type FaultCode } from '../../model/fault.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import type { FaultReader, Refusal } from '../dialect.ts'

/**
 * AWS's classes of errors, as ours (docs.aws.amazon.com/bedrock/latest/userguide/troubleshooting-api-error-codes.html).
 * What AWS has against our key or our account is our trouble, not the caller's.
 */
const codes: Readonly<Record<string, FaultCode>> = {
  ThrottlingException: 'rate_limited',
  TooManyRequestsException: 'rate_limited',
  ServiceQuotaExceededException: 'rate_limited',
  ModelNotReadyException: 'overloaded',
  ServiceUnavailableException: 'overloaded',
  ServiceUnavailable: 'overloaded',
  ModelTimeoutException: 'upstream_timeout',
  ValidationException: 'invalid_request',
  ConflictException: 'invalid_request',
  SerializationException: 'invalid_request',
  ResourceNotFoundException: 'model_not_found',
  RequestEntityTooLargeException: 'too_large',
  InternalServerException: 'upstream_failed',
  InternalFailure: 'upstream_failed',
  ModelErrorException: 'upstream_failed',
  ModelStreamErrorException: 'upstream_failed',
  AccessDeniedException: 'upstream_failed',
  UnrecognizedClientException: 'upstream_failed',
  ExpiredTokenException: 'upstream_failed',
  InvalidSignatureException: 'upstream_failed',
  IncompleteSignatureException: 'upstream_failed',
  MissingAuthenticationTokenException: 'upstream_failed',
}

/** Errors of AWS: a message without an envelope, and the error's class in a header. */
export const fault: FaultReader = { read }

function read({ provider, status, retryAfterMs, body, header }: Refusal): Fault {
  const said = parsed(body)
  const words = said && wordsOf(said)
  const kind = className(header?.('x-amzn-errortype') ?? text(said?.__type) ?? text(said?.code) ?? '')
  const reason =
    words ?? `no reason was given${kind === '' ? '. Check its base_url, or try again later' : ` (${kind})`}`
  return new Fault(codeOf(kind, status, reason), `${provider} answered ${status}: ${reason}`, {
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
}

/** `ValidationException:http://internal.amazon.com/…` in a header, `com.amazon.coral#ValidationException` in a body. */
const className = (type: string): string => (type.split(':')[0] ?? '').replace(/^.*#/, '')

function codeOf(kind: string, status: number, words: string): FaultCode {
  const code = codes[kind] ?? byStatus(status)
  // Of a model that is not there only the words tell.
  return code === 'invalid_request' && /model identifier is invalid/.test(words) ? 'model_not_found' : code
}

function byStatus(status: number): FaultCode {
  if (status === 429) return 'rate_limited'
  if (status === 404) return 'model_not_found'
  if (status === 413) return 'too_large'
  if (status === 408 || status === 504) return 'upstream_timeout'
  if (status === 503) return 'overloaded'
  return status === 400 || status === 422 ? 'invalid_request' : 'upstream_failed'
}

function parsed(body: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(body)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** `message`, as AWS's older services also write it, or OpenAI's envelope as on Bedrock's newer endpoints. */
export function wordsOf(said: JsonObject): string | undefined {
  const inside = isObject(said.error) ? text(said.error.message) : text(said.error)
  return text(said.message) ?? text(said.Message) ?? inside
}

const text = (value: Json | undefined): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

/** An exception in a stream that has begun: `throttlingException` there is `ThrottlingException` elsewhere. */
export function faultInStream(exception: string, words: string | undefined): Fault {
  const kind = exception.charAt(0).toUpperCase() + exception.slice(1)
  const reason = words ?? `no reason was given (${kind})`
  return new Fault(codeOf(kind, 500, reason), `The provider failed inside its reply: ${reason}`)
}

/** What a reply says that cannot be understood. */
export const nonsense = (sentence: string, cause?: unknown): Fault =>
  new Fault('upstream_failed', `The provider's reply cannot be understood: ${sentence}`, { cause })
