import type { StreamReading, StreamWriting } from '../dialect.ts'
import { glance } from './glance.ts'
import { reader } from './read-stream.ts'
import { writer } from './write-stream.ts'

/** Streams of Anthropic's API: named events with one line of JSON each, from `message_start` to `message_stop`. */
export const stream: StreamReading & StreamWriting = { glance, reader, writer }
