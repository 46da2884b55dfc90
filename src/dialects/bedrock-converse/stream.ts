import { MessageCutter } from '../../lib/aws-event-stream.ts'
import type { StreamReading } from '../dialect.ts'
import { glanceBy } from '../provider-only.ts'
import { reader } from './read-stream.ts'

/** Streams of `ConverseStream`: binary messages, each an event in JSON, closed by `metadata`. */
export const stream: StreamReading = { glance: glanceBy(reader), reader, cutter: () => new MessageCutter() }
