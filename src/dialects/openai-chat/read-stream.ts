import { eventsIn, type SseEvent } from '../../lib/sse.ts'
import type { Delta } from '../../model/delta.ts'
import { Fault } from '../../model/fault.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import type { StreamReader } from '../dialect.ts'
import { ReplyReader } from './read-reply.ts'

/** Reads a stream in full: chunks of JSON, closed by `[DONE]`. After a fault nothing more is read. */
export function reader(maker: string): StreamReader {
  const reply = new ReplyReader(maker, false)
  let over = false

  function readEvent({ data }: SseEvent): readonly Delta[] {
    if (over || data === '') return []
    if (data.trim() !== '[DONE]') return reply.read(parsed(data), data)
    over = true
    return [...reply.end(), { type: 'done' }]
  }

  function read(frames: Uint8Array): readonly Delta[] {
    const deltas: Delta[] = []
    try {
      for (const event of eventsIn(frames)) deltas.push(...readEvent(event))
    } catch (error) {
      over = true
      deltas.push({ type: 'fault', fault: error instanceof Fault ? error : unreadable(error) })
    }
    return deltas
  }

  return { read }
}

function parsed(data: string): JsonObject {
  const value = JSON.parse(data) as Json
  if (isObject(value)) return value
  throw new SyntaxError('A chunk is no object.')
}

/** No JSON, half a frame, bytes that are no UTF-8: whatever it was meant to say is missing. */
const unreadable = (cause: unknown): Fault =>
  new Fault('upstream_failed', "A part of the provider's stream cannot be read. Try again, or ask another model.", {
    cause,
  })
