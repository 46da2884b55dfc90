import type { Operation } from '../../model/call.ts'
import { Fault } from '../../model/fault.ts'
import type { Asking, Dialect } from '../dialect.ts'
import { answer } from './answer.ts'
import { compacting } from './compacting.ts'
import { fault } from './fault.ts'
import { dialectId } from './id.ts'
import { keeping } from './keeping.ts'
import { request } from './request.ts'
import { stream } from './stream.ts'

const paths: Readonly<Partial<Record<Operation, string>>> = {
  chat: '/responses',
  count_tokens: '/responses/input_tokens',
  compact: '/responses/compact',
}

/** OpenAI's Responses API, and the Open Responses that others speak. */
export const openaiResponses: Dialect = { id: dialectId, path, request, answer, stream, fault, keeping, compacting }

function path({ operation, model }: Asking): string {
  const found = paths[operation]
  if (found !== undefined) return found
  throw new Fault(
    'invalid_request',
    `${model} is reached by OpenAI's Responses API, which cannot do '${operation}'. Ask another model.`,
    { param: 'model' },
  )
}
