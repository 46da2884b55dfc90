import type { Sentence } from './sentence.ts'

/** Everything that can go wrong with a request. These names are public: errors, ledger, metrics and logs carry them. */
export type FaultCode =
  | 'unauthenticated'
  | 'forbidden'
  | 'model_not_found'
  | 'invalid_request'
  | 'too_large'
  | 'rate_limited'
  | 'over_budget'
  | 'guard_blocked'
  | 'no_target'
  | 'upstream_failed'
  | 'upstream_timeout'
  | 'overloaded'
  | 'client_closed'
  | 'internal'

const statuses: Record<FaultCode, number> = {
  unauthenticated: 401,
  forbidden: 403,
  model_not_found: 404,
  invalid_request: 400,
  too_large: 413,
  rate_limited: 429,
  over_budget: 402,
  guard_blocked: 400,
  no_target: 503,
  upstream_failed: 502,
  upstream_timeout: 504,
  overloaded: 503,
  client_closed: 499,
  internal: 500,
}

const meanings: Readonly<Record<number, FaultCode>> = {
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

/** What a provider's status means. A wrong key or an empty account there is our trouble, not the caller's. */
export const codeOfStatus = (status: number): FaultCode => meanings[status] ?? 'upstream_failed'

/** An error reply as a provider wrote it: repeated byte for byte to a caller of the same dialect. */
export type Said = { readonly dialect: string; readonly contentType: string; readonly body: string }

export type FaultOptions = {
  /** The HTTP status, where it is not the code's usual one. */
  readonly status?: number | undefined
  /** How long to wait before asking again, in milliseconds, when that is known. */
  readonly retryAfterMs?: number | undefined
  /** The field of the request that is at fault, as a path (`messages[0].role`). */
  readonly param?: string | undefined
  readonly said?: Said | undefined
  /** What else the reply's headers tell: how much of a limit is left. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly cause?: unknown
}

/**
 * The only thing that may be thrown across rooms. `message` is for the caller: a sentence that says what to do. `noted`
 * is the same for the books, without what others wrote in it: whoever quotes says so (sentence.ts). What only the operator
 * may see goes into `cause`, which stays in the log.
 */
export class Fault extends Error {
  override readonly name = 'Fault'
  readonly code: FaultCode
  readonly noted: string
  readonly status: number
  readonly retryAfterMs: number | undefined
  readonly param: string | undefined
  readonly said: Said | undefined
  readonly headers: Readonly<Record<string, string>> | undefined

  constructor(code: FaultCode, sentence: string | Sentence, options: FaultOptions = {}) {
    super(typeof sentence === 'string' ? sentence : sentence.message, { cause: options.cause })
    this.noted = typeof sentence === 'string' ? sentence : sentence.noted
    this.code = code
    this.status = options.status ?? statuses[code]
    this.retryAfterMs = options.retryAfterMs
    this.param = options.param
    this.said = options.said
    this.headers = options.headers
  }

  /** Anything that we did not raise ourselves is our own failure, and its details stay in the log. */
  static from(error: unknown): Fault {
    if (error instanceof Fault) return error
    return new Fault('internal', 'Thalamus failed on this request. The log has the details under this request id.', {
      cause: error,
    })
  }
}
