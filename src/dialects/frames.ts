import { eventsIn, type SseEvent } from '../lib/sse.ts'
import type { Delta } from '../model/delta.ts'
import { Fault } from '../model/fault.ts'
import { type JsonObject, objectIn } from '../model/json.ts'
import type { StreamReader } from './dialect.ts'
import { unreadable } from './provider-fault.ts'

/**
 * Reads a stream frame by frame. What cannot be read is a fault; after that, and after the closing mark, nothing is read:
 * what follows damage cannot be trusted.
 */
export function frameReader<Frame>(
  framesIn: (bytes: Uint8Array) => Iterable<Frame>,
  read: (frame: Frame) => readonly Delta[],
): StreamReader {
  let over = false

  function readInto(deltas: Delta[], bytes: Uint8Array): void {
    for (const frame of framesIn(bytes)) {
      for (const delta of read(frame)) {
        deltas.push(delta)
        over ||= delta.type === 'fault' || delta.type === 'done'
      }
      if (over) return
    }
  }

  return {
    read(bytes) {
      const deltas: Delta[] = []
      if (over) return deltas
      try {
        readInto(deltas, bytes)
      } catch (error) {
        over = true
        deltas.push({ type: 'fault', fault: Fault.from(error) })
      }
      return deltas
    },
  }
}

/** The events of whole frames of server-sent events. */
export function sseIn(frames: Uint8Array): readonly SseEvent[] {
  try {
    return eventsIn(frames)
  } catch (cause) {
    throw unreadable('its stream is no UTF-8.', cause)
  }
}

/** The JSON object that a frame carries. */
export function objectOf(data: string): JsonObject {
  const object = objectIn(data)
  if (object) return object
  throw unreadable(`its stream has what is no JSON object: ${data.slice(0, 60)}`)
}
