/** What all of Cohere's endpoints share: errors are a message and no more. */

import { mix } from '../chance.ts'
import type { Manners, Marked } from '../dialect.ts'
import { namedEvents } from '../framing.ts'
import { bearerIn } from '../openai/manners.ts'
import { Refusal } from '../refusal.ts'
import type { Headers } from '../steps.ts'
import { uuid } from '../uuid.ts'

function headers({ mark, left }: Marked): Headers {
  const { limit, remaining } = left?.requests ?? {}
  return {
    'x-debug-trace-id': uuid(mix(mark, 9)).replaceAll('-', ''),
    ...(limit === undefined
      ? {}
      : {
          'x-trial-endpoint-call-limit': String(limit),
          'x-trial-endpoint-call-remaining': String(remaining),
        }),
  }
}

export const cohere: Manners = {
  framing: { ...namedEvents, contentType: 'text/event-stream' },
  error: ({ message }, { mark }) => JSON.stringify({ id: uuid(mark), message }),
  errorMember: ({ message }) => ({ message }),
  /** A stream that fails ends as others do, with the error in its end. */
  errorNotes: ({ message }) => [
    {
      kind: 'noise',
      event: 'message-end',
      data: JSON.stringify({ type: 'message-end', delta: { error: message, finish_reason: 'ERROR' } }),
    },
  ],
  headers,
  refusalHeaders: ({ retryAfter }) => (retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
  keyIn: bearerIn,
  says: {
    unreadable: () => new Refusal(400, 'invalid json syntax: request body could not be parsed.'),
    'no-model': () => new Refusal(400, "invalid request: required field 'model' is missing or empty."),
    'unknown-model': name =>
      new Refusal(
        404,
        `model '${name}' not found, make sure the correct model ID was used and that you have access to the model.`,
      ),
    'wrong-use': name => new Refusal(400, `model '${name}' is not supported by the chat API`),
    'no-key': () => new Refusal(401, 'no api key supplied'),
    'wrong-key': () => new Refusal(401, 'invalid api token'),
    'no-path': path => new Refusal(404, `404 page not found: ${path}`),
    'wrong-method': () => new Refusal(405, 'method not allowed'),
  },
}
