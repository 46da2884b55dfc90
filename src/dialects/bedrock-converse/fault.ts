import { codeOfStatus, type Fault, type FaultCode } from '../../model/fault.ts'
import { type Json, objectIn } from '../../model/json.ts'
import type { FaultReader, Refusal } from '../dialect.ts'
import { failedInside, refused, wordsOf } from '../provider-fault.ts'

/**
 * AWS's classes of errors, as ours (docs.aws.amazon.com/bedrock/latest/userguide/troubleshooting-api-error-codes.html).
 * What AWS has against our key or our account is our trouble, not the caller's.
 */
const codes: ReadonlyMap<string, FaultCode> = new Map([
  ['ThrottlingException', 'rate_limited'],
  ['TooManyRequestsException', 'rate_limited'],
  ['ServiceQuotaExceededException', 'rate_limited'],
  ['ModelNotReadyException', 'overloaded'],
  ['ServiceUnavailableException', 'overloaded'],
  ['ServiceUnavailable', 'overloaded'],
  ['ModelTimeoutException', 'upstream_timeout'],
  ['ValidationException', 'invalid_request'],
  ['ConflictException', 'invalid_request'],
  ['SerializationException', 'invalid_request'],
  ['ResourceNotFoundException', 'model_not_found'],
  ['RequestEntityTooLargeException', 'too_large'],
  ['InternalServerException', 'upstream_failed'],
  ['InternalFailure', 'upstream_failed'],
  ['ModelErrorException', 'upstream_failed'],
  ['ModelStreamErrorException', 'upstream_failed'],
  ['AccessDeniedException', 'upstream_failed'],
  ['UnrecognizedClientException', 'upstream_failed'],
  ['ExpiredTokenException', 'upstream_failed'],
  ['InvalidSignatureException', 'upstream_failed'],
  ['IncompleteSignatureException', 'upstream_failed'],
  ['MissingAuthenticationTokenException', 'upstream_failed'],
])

/** Errors of AWS: a message without an envelope, and the error's class in a header. */
export const fault: FaultReader = { read }

function read(refusal: Refusal): Fault {
  const { status, body, header } = refusal
  const json = objectIn(body)
  const kind = className(header?.('x-amzn-errortype') ?? text(json?.__type) ?? text(json?.code) ?? '')
  const words = wordsOf(json) ?? (kind === '' ? undefined : `no reason was given (${kind}).`)
  return refused(refusal, { code: codeOf(kind, status, words), words, kind })
}

const text = (value: Json | undefined): string | undefined => (typeof value === 'string' ? value : undefined)

/** `ValidationException:http://internal.amazon.com/…` in a header, `com.amazon.coral#ValidationException` in a body. */
const className = (type: string): string => (type.split(':')[0] ?? '').replace(/^.*#/, '')

function codeOf(kind: string, status: number, words = ''): FaultCode {
  const code = codes.get(kind) ?? codeOfStatus(status)
  // Of a model that is not there only the words tell.
  return code === 'invalid_request' && /model identifier is invalid/.test(words) ? 'model_not_found' : code
}

/** An exception in a stream that has begun: `throttlingException` there is `ThrottlingException` elsewhere. */
export function faultInStream(exception: string, words: string | undefined): Fault {
  const kind = exception.charAt(0).toUpperCase() + exception.slice(1)
  const reason = words ?? `no reason was given (${kind}).`
  return failedInside(reason, codeOf(kind, 500, reason))
}
