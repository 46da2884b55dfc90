import type { StreamReading } from '../dialect.ts'
import { glanceBy } from '../provider-only.ts'
import { reader } from './read-stream.ts'

/** Streams of Cohere's API: server-sent events with their names inside, closed by an unnamed `[DONE]`. */
export const stream: StreamReading = { glance: glanceBy(reader), reader }
