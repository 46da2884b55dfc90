/** What all of Anthropic's endpoints share: errors, headers, and the framing of events. */

import { letters } from '../chance.ts'
import type { Manners, Marked } from '../dialect.ts'
import { namedEvents } from '../framing.ts'
import type { Left, Level } from '../limits.ts'
import { Refusal } from '../refusal.ts'
import type { Received } from '../seen.ts'
import type { Headers } from '../steps.ts'

const types: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  408: 'timeout_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  500: 'api_error',
  503: 'overloaded_error',
  504: 'timeout_error',
  529: 'overloaded_error',
}

const errorMember = ({ status, message }: Refusal) => ({
  type: types[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error'),
  message,
})

const errorBody = (refusal: Refusal, id?: string) => ({
  type: 'error',
  error: errorMember(refusal),
  ...(id === undefined ? {} : { request_id: id }),
})

const requestId = (mark: number): string => `req_01${letters(mark, 22)}`

function headers({ mark, left }: Marked): Headers {
  return {
    'anthropic-organization-id': 'sim',
    ...(left === undefined ? {} : limitHeaders(left)),
    'request-id': requestId(mark),
  }
}

const limitHeaders = ({ requests, tokens }: Left): Headers => ({
  ...limitHeader('requests', requests),
  ...limitHeader('tokens', tokens),
  ...limitHeader('input-tokens', tokens),
  ...limitHeader('output-tokens', tokens),
})

const limitHeader = (name: string, { limit, remaining, reset }: Level): Headers => ({
  [`anthropic-ratelimit-${name}-limit`]: String(limit),
  [`anthropic-ratelimit-${name}-remaining`]: String(remaining),
  [`anthropic-ratelimit-${name}-reset`]: inTime(reset),
})

const inTime = (ms: number): string => `${new Date(Date.now() + ms).toISOString().slice(0, 19)}Z`

const refusalHeaders = ({ status, retryAfter }: Refusal): Headers => ({
  'x-should-retry': String(status === 429 || status === 408 || status >= 500),
  ...(retryAfter === undefined
    ? {}
    : {
        'retry-after': String(retryAfter),
        'anthropic-ratelimit-requests-remaining': '0',
        'anthropic-ratelimit-requests-reset': inTime(1000 * retryAfter),
      }),
})

function keyIn({ headers }: Received): string | undefined {
  const { authorization, 'x-api-key': key } = headers
  return key ?? (authorization?.startsWith('Bearer ') ? authorization.slice(7) : authorization)
}

/** Every request must say which version of the API it was written for. */
function vet({ headers }: Received): void {
  if (headers['anthropic-version'] === undefined) throw new Refusal(400, 'anthropic-version: header is required')
}

const missing = () => new Refusal(404, 'Not found')

/** Of every endpoint. */
export const anthropic: Manners = {
  framing: namedEvents,
  error: (refusal, { mark }) => JSON.stringify(errorBody(refusal, requestId(mark))),
  errorMember,
  errorNotes: refusal => [{ kind: 'noise', event: 'error', data: JSON.stringify(errorBody(refusal)) }],
  headers,
  refusalHeaders,
  keyIn,
  vet,
  says: {
    unreadable: () => new Refusal(400, 'The request body is not valid JSON'),
    'no-model': () => new Refusal(400, 'model: Field required'),
    'unknown-model': name => new Refusal(404, `model: ${name}`),
    'wrong-use': name => new Refusal(400, `'${name}' is not a model of the Messages API`),
    'no-key': () => new Refusal(401, 'x-api-key header is required'),
    'wrong-key': () => new Refusal(401, 'invalid x-api-key'),
    'no-path': missing,
    'wrong-method': () => new Refusal(405, 'Method Not Allowed'),
  },
}
