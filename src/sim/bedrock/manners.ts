/** What all of Bedrock's endpoints share: errors whose name is in a header, and keys or signatures. */

import { mix } from '../chance.ts'
import type { Manners } from '../dialect.ts'
import { Refusal } from '../refusal.ts'
import type { Received } from '../seen.ts'
import { uuid } from '../uuid.ts'
import { eventStream } from './frames.ts'
import { isSignature, isSignedRequest } from './signature.ts'

const exceptions: Readonly<Record<number, string>> = {
  400: 'ValidationException',
  401: 'UnrecognizedClientException',
  403: 'AccessDeniedException',
  404: 'ResourceNotFoundException',
  408: 'ModelTimeoutException',
  413: 'RequestEntityTooLargeException',
  424: 'ModelErrorException',
  429: 'ThrottlingException',
  500: 'InternalServerException',
  503: 'ServiceUnavailableException',
}

const exceptionOf = ({ status, code }: Refusal): string =>
  typeof code === 'string' && code.endsWith('Exception')
    ? code
    : (exceptions[status] ?? (status < 500 ? 'ValidationException' : 'InternalServerException'))

const errorMember = ({ message }: Refusal) => ({ message })

/** In a stream its name has no capital. */
const inStream = (name: string): string => `${name[0]?.toLowerCase()}${name.slice(1)}`

function keyIn(received: Received): string | undefined {
  const { authorization } = received.headers
  if (authorization === undefined) return undefined
  if (isSignature(authorization)) return isSignedRequest(received) ? 'sim-key' : 'another'
  return authorization.startsWith('Bearer ') ? authorization.slice(7) : authorization
}

const unknown = () => new Refusal(400, 'The provided model identifier is invalid.')

export const bedrock: Manners = {
  framing: eventStream,
  error: refusal => JSON.stringify(errorMember(refusal)),
  errorMember,
  errorNotes: refusal => [
    {
      kind: 'noise',
      event: inStream(exceptionOf(refusal)),
      data: JSON.stringify(errorMember(refusal)),
      exception: true,
    },
  ],
  headers: ({ mark }) => ({ 'x-amzn-requestid': uuid(mix(mark, 1)) }),
  refusalHeaders: refusal => ({
    'content-type': 'application/json',
    'x-amzn-errortype': `${exceptionOf(refusal)}:http://internal.amazon.com/coral/com.amazon.bedrock/`,
    ...(refusal.retryAfter === undefined ? {} : { 'retry-after': String(refusal.retryAfter) }),
  }),
  keyIn,
  says: {
    unreadable: () => new Refusal(400, 'The request body is not valid JSON.', { code: 'SerializationException' }),
    'unknown-model': unknown,
    'wrong-use': unknown,
    'no-key': () => new Refusal(403, 'Missing Authentication Token', { code: 'MissingAuthenticationTokenException' }),
    'wrong-key': () =>
      new Refusal(403, 'The security token included in the request is invalid.', {
        code: 'UnrecognizedClientException',
      }),
    'no-path': () =>
      new Refusal(404, 'Unable to determine service/operation name to be authorized', {
        code: 'UnknownOperationException',
      }),
    'wrong-method': () => new Refusal(405, 'Method Not Allowed', { code: 'UnknownOperationException' }),
  },
}
