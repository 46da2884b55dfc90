import type { StreamReading, StreamWriting } from '../dialect.ts'
import { cutter, glance } from './glance.ts'
import { reader } from './read-stream.ts'
import { writer } from './write-stream.ts'

/** Streams of Gemini's API: whole responses one after another, in server-sent events or in one JSON array. */
export const stream: StreamReading & StreamWriting = { glance, reader, cutter, writer }
