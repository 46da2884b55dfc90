import { watched } from '../../model/watch.ts'
import type { StreamReading } from '../dialect.ts'
import { CohereReader } from './reader.ts'

/** Streams of Cohere's API: server-sent events with their names inside, closed by an unnamed `[DONE]`. */
export const stream: StreamReading = {
  glance: () => {
    const reader = new CohereReader('')
    return { read: bytes => ({ bytes, events: reader.read(bytes).flatMap(watched) }) }
  },
  reader: maker => new CohereReader(maker),
}
