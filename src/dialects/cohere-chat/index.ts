import type { ProviderDialect } from '../dialect.ts'
import { answer } from './answer.ts'
import { compose } from './compose.ts'
import { fault } from './fault.ts'
import { dialectId } from './id.ts'
import { stream } from './stream.ts'

/** Cohere's chat API, version 2. Spoken to providers only. */
export const cohereChat: ProviderDialect = {
  id: dialectId,
  path: () => '/chat',
  request: { compose, takesUrls: (kind, quirks) => quirks.fetches?.includes(kind) ?? kind === 'image' },
  answer,
  stream,
  fault,
}
