import { Fault } from '../model/fault.ts'
import { watched, watchedWhole } from '../model/watch.ts'
import type { AnswerReader, StreamReading } from './dialect.ts'

/**
 * Glances of dialects that only providers speak. Nobody is handed such a reply as it came, so nothing is saved by
 * understanding less of it.
 */

export const glanceAnswerBy =
  (read: AnswerReader['read']): AnswerReader['glance'] =>
  (body, wire) => {
    try {
      return watchedWhole(read(body, wire, ''))
    } catch (error) {
      return [{ type: 'fault', fault: Fault.from(error) }]
    }
  }

export const glanceBy =
  (reader: StreamReading['reader']): StreamReading['glance'] =>
  () => {
    const reading = reader('')
    return { read: bytes => ({ bytes, events: reading.read(bytes).flatMap(watched) }) }
  }
