/** What all of Gemini's endpoints share: errors, and where its key stands. */

import { letters } from '../chance.ts'
import type { Manners } from '../dialect.ts'
import { events, type Framing, jsonArray } from '../framing.ts'
import { Refusal } from '../refusal.ts'
import type { Received } from '../seen.ts'

const statuses: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  409: 'ABORTED',
  429: 'RESOURCE_EXHAUSTED',
  499: 'CANCELLED',
  500: 'INTERNAL',
  501: 'UNIMPLEMENTED',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
}

const rpc = 'type.googleapis.com/google.rpc'

function detailsOf({ code, param, retryAfter }: Refusal): readonly object[] {
  if (code === 'API_KEY_INVALID')
    return [{ '@type': `${rpc}.ErrorInfo`, reason: code, domain: 'googleapis.com', metadata: { service: 'sim' } }]
  if (retryAfter !== undefined) return [{ '@type': `${rpc}.RetryInfo`, retryDelay: `${retryAfter}s` }]
  return param === null ? [] : [{ '@type': `${rpc}.BadRequest`, fieldViolations: [{ field: param }] }]
}

function errorMember(refusal: Refusal) {
  const details = detailsOf(refusal)
  const { status, message } = refusal
  const named = statuses[status] ?? (status < 500 ? 'FAILED_PRECONDITION' : 'UNKNOWN')
  return { code: status, message, status: named, ...(details.length === 0 ? {} : { details }) }
}

const errorText = (refusal: Refusal): string => JSON.stringify({ error: errorMember(refusal) })

function keyIn({ headers, path }: Received): string | undefined {
  const inQuery = new URLSearchParams(path.split('?')[1]).get('key') ?? undefined
  const { authorization, 'x-goog-api-key': key } = headers
  return key ?? inQuery ?? (authorization?.startsWith('Bearer ') ? authorization.slice(7) : authorization)
}

/** Google's event streams end their lines with CR LF. */
const lines: Framing = {
  ...events,
  contentType: 'text/event-stream',
  comment: ': keep-alive\r\n\r\n',
  write: (note, nth) => {
    const framed = events.write(note, nth)
    return typeof framed === 'string'
      ? `${framed.slice(0, -2)}\r\n\r\n`
      : Buffer.concat([framed.subarray(0, -2), Buffer.from('\r\n\r\n')])
  },
}

export type Shape = 'whole' | 'events' | 'array'

/** Of an endpoint that answers in that shape. Its errors have it too, as far as Google's have. */
export const geminiManners = (shape: Shape, method = 'generateContent'): Manners => ({
  framing: shape === 'array' ? jsonArray : lines,
  error: refusal => (shape === 'array' ? `[${errorText(refusal)}]` : errorText(refusal)),
  errorMember,
  errorNotes: refusal => [{ kind: 'noise', data: errorText(refusal) }],
  headers: ({ mark, ms }) => ({
    'server-timing': `gfet4t7; dur=${Math.round(ms)}`,
    'x-gemini-service-tier': 'standard',
    'x-sim-request-id': letters(mark, 22),
  }),
  refusalHeaders: () =>
    shape === 'events' ? { 'content-type': lines.contentType } : { 'content-type': jsonArray.contentType },
  keyIn,
  says: {
    unreadable: () => new Refusal(400, 'Invalid JSON payload received. Expected an object key or }.'),
    'unknown-model': name => notFound(name, method),
    'wrong-use': name => notFound(name, method),
    'no-key': () =>
      new Refusal(
        403,
        "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.",
      ),
    'wrong-key': () => new Refusal(400, 'API key not valid. Please pass a valid API key.', { code: 'API_KEY_INVALID' }),
    'no-path': () => new Refusal(404, 'Requested entity was not found.'),
    'wrong-method': () => new Refusal(404, 'Requested entity was not found.'),
  },
})

const notFound = (name: string, method: string): Refusal =>
  new Refusal(
    404,
    `models/${name} is not found for API version v1beta, or is not supported for ${method}. Call ModelService.ListModels to see the list of available models and their supported methods.`,
  )
