import type { Operation } from '../../model/call.ts'
import { Fault } from '../../model/fault.ts'
import type { Asking, Dialect } from '../dialect.ts'
import { answer } from './answer.ts'
import { embeddings } from './embed.ts'
import { fault } from './fault.ts'
import { dialectId } from './id.ts'
import { request } from './request.ts'
import { stream } from './stream.ts'

const paths: Readonly<Partial<Record<Operation, string>>> = {
  chat: '/chat/completions',
  completions: '/completions',
  embeddings: '/embeddings',
}

/** OpenAI's API of chat completions, text completions and embeddings, which most providers speak. */
export const openaiChat: Dialect = { id: dialectId, path, request, answer, stream, fault, embeddings }

function path({ operation, model }: Asking): string {
  const found = paths[operation]
  if (found !== undefined) return found
  throw new Fault(
    'invalid_request',
    `${model} is reached by OpenAI's chat API, which cannot do '${operation}'. Ask another model.`,
    { param: 'model' },
  )
}
