import type { ProviderDialect } from '../dialect.ts'
import { answer } from './answer.ts'
import { compose } from './compose.ts'
import { embeddings } from './embed.ts'
import { fault } from './fault.ts'
import { dialectId } from './id.ts'
import { stream } from './stream.ts'

/** Cohere's API of chats and embeddings, version 2. Spoken to providers only. */
export const cohereChat: ProviderDialect = {
  id: dialectId,
  path: ({ operation }) => (operation === 'embeddings' ? '/embed' : '/chat'),
  request: { compose, takesUrls: (kind, quirks) => quirks.fetches?.includes(kind) ?? kind === 'image' },
  answer,
  stream,
  fault,
  embeddings,
}
