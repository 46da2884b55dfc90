import type { Dialect } from '../dialect.ts'
import { answer } from './answer.ts'
import { fault } from './fault.ts'
import { dialectId } from './id.ts'
import { request } from './request.ts'
import { stream } from './stream.ts'

/** Anthropic's Messages API, and the counting of a request's tokens before it is sent. */
export const anthropicMessages: Dialect = {
  id: dialectId,
  // platform.claude.com/docs/en/api/errors, "Request id"; the SDKs hand it out as `_request_id`.
  idHeader: 'request-id',
  path: ({ operation }) => (operation === 'count_tokens' ? '/messages/count_tokens' : '/messages'),
  request,
  answer,
  stream,
  fault,
}
