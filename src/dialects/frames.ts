import { eventsIn, type SseEvent } from '../lib/sse.ts'
import { type Delta, isOfChoice } from '../model/delta.ts'
import { Fault } from '../model/fault.ts'
import { type JsonObject, objectIn } from '../model/json.ts'
import { noteNumbers } from '../model/numbers.ts'
import { quoted, say } from '../model/sentence.ts'
import type { StreamReader } from './dialect.ts'
import { unreadable } from './provider-fault.ts'

/**
 * Reads a stream frame by frame. What cannot be read is a fault, and so is more of a reply that has stopped; after that,
 * and after the closing mark, nothing is read: what follows damage cannot be trusted.
 */
export function frameReader<Frame>(
  framesIn: (bytes: Uint8Array) => Iterable<Frame>,
  read: (frame: Frame) => readonly Delta[],
): StreamReader {
  const stopped = new Set<number>()
  let over = false

  function readInto(deltas: Delta[], bytes: Uint8Array): void {
    for (const frame of framesIn(bytes)) {
      for (const delta of read(frame)) if (isNews(delta)) deltas.push(delta)
      if (over) return
    }
  }

  /** An empty word after the stop says nothing. */
  function isNews(delta: Delta): boolean {
    over ||= delta.type === 'fault' || delta.type === 'done'
    if (!isOfChoice(delta) || !stopped.has(delta.choice ?? 0)) {
      if (delta.type === 'stop') stopped.add(delta.choice ?? 0)
      return true
    }
    if (delta.type === 'stop' || ('text' in delta && delta.text === '')) return false
    throw unreadable('its stream goes on after it has told why it stopped.')
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
  if (object) noteNumbers(object, data)
  if (object) return object
  throw unreadable(say`its stream has what is no JSON object: ${quoted(data.slice(0, 60))}`)
}
