import type { StreamReading, StreamWriting } from '../dialect.ts'
import { glance } from './glance.ts'
import { reader } from './read-stream.ts'
import { writer } from './write-stream.ts'

/** Streams of OpenAI's API: chunks of JSON in server-sent events, one line of data each, closed by `[DONE]`. */
export const stream: StreamReading & StreamWriting = { glance, reader, writer }
