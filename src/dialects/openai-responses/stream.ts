import type { Dialect } from '../dialect.ts'
import { glance } from './glance.ts'
import { reader } from './read-stream.ts'
import { writer } from './write-stream.ts'

/** Streams of the Responses API: server-sent events, each with its type in its data; some have it in an `event:` line too. */
export const stream: Dialect['stream'] = { glance, reader, writer }
