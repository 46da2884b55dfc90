import { MessageCutter } from '../../lib/aws-event-stream.ts'
import { watched } from '../../model/watch.ts'
import type { StreamReading } from '../dialect.ts'
import { ConverseReader } from './reader.ts'

/** Streams of `ConverseStream`: binary messages, each an event in JSON, closed by `metadata`. */
export const stream: StreamReading = {
  glance: () => {
    const reader = new ConverseReader('')
    return { read: bytes => ({ bytes, events: reader.read(bytes).flatMap(watched) }) }
  },
  reader: maker => new ConverseReader(maker),
  cutter: () => new MessageCutter(),
}
