import type { Operation } from '../../model/call.ts'
import type { Dialect } from '../dialect.ts'
import { answer } from './answer.ts'
import { dialectId, fault } from './fault.ts'
import { request } from './request.ts'
import { stream } from './stream.ts'

const paths: Record<Operation, string> = {
  chat: '/chat/completions',
  completions: '/completions',
  embeddings: '/embeddings',
}

/** OpenAI's API of chat completions, text completions and embeddings, which most providers speak. */
export const openaiChat: Dialect = {
  id: dialectId,
  path: operation => paths[operation],
  request,
  answer,
  stream,
  fault,
}
