/** What all of OpenAI's endpoints share: errors, headers, and the framing of events. */

import { letters } from '../chance.ts'
import type { Manners, Marked } from '../dialect.ts'
import { events } from '../framing.ts'
import { duration, type Left } from '../limits.ts'
import type { Refusal } from '../refusal.ts'
import type { Received } from '../seen.ts'
import type { Headers, Note } from '../steps.ts'

const errorMember = ({ message, type, param, code }: Refusal) => ({ message, type, param, code })
const errorBody = (refusal: Refusal) => ({ error: errorMember(refusal) })

/** Laid out over lines, as the real API does. */
export const page = (body: unknown): string => `${JSON.stringify(body, null, 2)}\n`

export const done: Note = { kind: 'done', data: '[DONE]' }

function openaiHeaders({ mark, ms, left }: Marked): Headers {
  return {
    'openai-organization': 'sim',
    'openai-processing-ms': String(Math.round(ms)),
    'openai-version': '2020-10-01',
    ...(left === undefined ? {} : limitHeaders(left)),
    'x-request-id': `req_${letters(mark, 32).toLowerCase()}`,
  }
}

const limitHeaders = ({ requests, tokens }: Left): Headers => ({
  'x-ratelimit-limit-requests': String(requests.limit),
  'x-ratelimit-limit-tokens': String(tokens.limit),
  'x-ratelimit-remaining-requests': String(requests.remaining),
  'x-ratelimit-remaining-tokens': String(tokens.remaining),
  'x-ratelimit-reset-requests': duration(requests.reset),
  'x-ratelimit-reset-tokens': duration(tokens.reset),
})

const limited = (seconds: number): Headers => ({
  'retry-after': String(seconds),
  'retry-after-ms': String(1000 * seconds),
  'x-ratelimit-remaining-requests': '0',
  'x-ratelimit-reset-requests': '1s',
})

/** The key in an `Authorization: Bearer` header; what is there in another form is a wrong one. */
export function bearerIn({ headers }: Received): string | undefined {
  const { authorization } = headers
  return authorization?.startsWith('Bearer ') ? authorization.slice(7) : authorization
}

/** Of every endpoint. */
export const openai: Manners = {
  framing: events,
  error: refusal => page(errorBody(refusal)),
  errorMember,
  errorNotes: refusal => [{ kind: 'noise', data: JSON.stringify(errorBody(refusal)) }],
  headers: openaiHeaders,
  refusalHeaders: ({ retryAfter }) => (retryAfter === undefined ? {} : limited(retryAfter)),
  keyIn: bearerIn,
}
