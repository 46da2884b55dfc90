/** Why a request is refused, where every dialect has words of its own for it. */
export type Reason =
  | 'unreadable'
  | 'no-model'
  | 'unknown-model'
  | 'wrong-use'
  | 'no-key'
  | 'wrong-key'
  | 'no-path'
  | 'wrong-method'

/** A request that is answered with an error. Each dialect writes it in its own way. */
export class Refusal extends Error {
  readonly status: number
  readonly type: string
  readonly code: string | number | null
  readonly param: string | null
  readonly reason: Reason | undefined
  /** What the reason is about: a model, a path. */
  readonly about: string
  /** Seconds until it makes sense to come again. */
  readonly retryAfter: number | undefined

  constructor(status: number, sentence: string, details: Details = {}) {
    super(sentence)
    this.status = status
    this.type = details.type ?? typeOf(status)
    this.code = details.code ?? null
    this.param = details.param ?? null
    this.reason = details.reason
    this.about = details.about ?? ''
    this.retryAfter = details.retryAfter
  }
}

type Details = {
  readonly type?: string
  readonly code?: string | number
  readonly param?: string
  readonly reason?: Reason
  readonly about?: string
  readonly retryAfter?: number
}

const typeOf = (status: number): string => (status >= 500 ? 'server_error' : 'invalid_request_error')

/** What the sim says for a status that was asked for: the sentences that providers use. */
export function refusalFor(status: number, details: Details = {}): Refusal {
  const known = sayings[status]
  const sentence = known?.sentence ?? `The sim was asked to answer ${status}.`
  return new Refusal(status, sentence, { ...known?.details, ...details })
}

const sayings: Readonly<Record<number, { readonly sentence: string; readonly details: Details }>> = {
  400: { sentence: 'The sim was asked to find this request invalid.', details: { code: 'invalid_value' } },
  401: {
    sentence: 'Incorrect API key provided: ********.',
    details: { code: 'invalid_api_key', reason: 'wrong-key' },
  },
  402: { sentence: 'Insufficient credits.', details: { code: 'insufficient_credits' } },
  403: {
    sentence: 'Country, region, or territory not supported',
    details: { code: 'unsupported_country_region_territory' },
  },
  404: { sentence: 'The model does not exist or you do not have access to it.', details: { code: 'model_not_found' } },
  408: { sentence: 'Request timed out.', details: { type: 'timeout' } },
  413: { sentence: 'The request is too large.', details: { code: 'request_too_large' } },
  429: {
    sentence: 'Rate limit reached for requests. Please try again in 1s.',
    details: { type: 'requests', code: 'rate_limit_exceeded' },
  },
  500: { sentence: 'The server had an error while processing your request. Sorry about that!', details: {} },
  502: { sentence: 'Bad gateway.', details: {} },
  503: { sentence: 'The engine is currently overloaded, please try again later.', details: {} },
  504: { sentence: 'The server did not answer in time.', details: { type: 'timeout' } },
  529: { sentence: 'Overloaded', details: {} },
}
