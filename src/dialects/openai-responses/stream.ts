import { sseText } from '../../lib/sse.ts'
import { lineEnd, linesWith } from '../../lib/sse-scan.ts'
import type { Event } from '../../model/event.ts'
import type { Fault } from '../../model/fault.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import type { Batch } from '../../model/source.ts'
import type { Dialect, StreamGlancer } from '../dialect.ts'
import { endOf } from './answer.ts'
import { errorEvent, faultInside } from './fault.ts'
import { naming } from './naming.ts'
import { ResponseReader } from './read-stream.ts'
import { lastSequence } from './sequence.ts'
import { ResponseStream } from './write-stream.ts'

/** Streams of the Responses API: server-sent events, each with its type in its data; some have it in an `event:` line too. */
export const stream: Dialect['stream'] = {
  glance,
  reader: maker => new ResponseReader(maker),
  writer: making => new ResponseStream(making),
  naming,
  closing: ['"response.output_text.done"'],
}

const nothing: readonly Event[] = []
const encoder = new TextEncoder()

/**
 * Reads bytes: every line until the model has said something, and after that those in which a marker of an end stands.
 * What a model writes cannot be mistaken for a marker, since in a string of JSON its quotes are escaped.
 */
function glance(): StreamGlancer {
  let begun = false
  let last: Buffer = Buffer.alloc(0)

  function read(frames: Uint8Array): Batch {
    const bytes = Buffer.from(frames.buffer, frames.byteOffset, frames.byteLength)
    const events: Event[] = []
    let at = 0
    while (!begun && at < bytes.length) {
      const end = lineEnd(bytes, at)
      readLine(bytes.toString('utf8', at, end), events)
      begun = events.some(event => event.type === 'content')
      at = end + 1
    }
    if (begun) for (const line of linesWith(bytes, markers, at)) readLine(line, events)
    if (bytes.length > 0) last = bytes
    return { bytes: frames, events: events.length > 0 ? events : nothing }
  }

  const fail = (fault: Fault, requestId: string): Uint8Array =>
    encoder.encode(sseText(JSON.stringify(errorEvent(fault, requestId, lastSequence(last) + 1)), 'error'))

  return { read, fail }
}

/** Values of `type` that end a stream; beside them an error, and the mark after which nothing comes, are looked for. */
const ends = ['response.completed', 'response.incomplete', 'response.failed', 'response.cancelled'] as const
const markers = [...ends.map(type => `"${type}"`), '"error"', '[DONE]']

function readLine(line: string, events: Event[]): void {
  if (!line.startsWith('data:')) return
  const data = line.slice('data:'.length).trim()
  if (data === '[DONE]') events.push({ type: 'done' })
  else readEvent(parse(data), data, events)
}

function parse(data: string): JsonObject {
  try {
    const value = JSON.parse(data) as Json
    return isObject(value) ? value : {}
  } catch {
    // A line that is no JSON is passed on as it came: we lose a measurement, the caller decides.
    return {}
  }
}

const endTypes: ReadonlySet<string> = new Set(ends)

function readEvent(event: JsonObject, data: string, events: Event[]): void {
  const { type, response } = event
  if (typeof type === 'string' && endTypes.has(type) && isObject(response)) {
    readEnd(response, events)
    return
  }
  const fault = faultInside(event, data)
  if (fault) events.push({ type: 'fault', fault })
  else if (speaks(event)) events.push({ type: 'content' })
}

function readEnd(response: JsonObject, events: Event[]): void {
  const fault = faultInside(response, JSON.stringify({ error: response.error }))
  events.push(...endOf(response))
  events.push(fault ? { type: 'fault', fault } : { type: 'done' })
}

/** Whether a caller has something of an event: words, a call, a tool of the provider's that works for it. */
function speaks({ type, delta, item }: JsonObject): boolean {
  if (typeof type !== 'string') return false
  if (type.endsWith('.delta')) return delta !== ''
  if (type === 'response.output_item.added') return isObject(item) && !silent.has(item.type ?? null)
  return type === 'response.output_item.done'
}

/** Items that begin with nothing in them. */
const silent: ReadonlySet<Json> = new Set(['message', 'reasoning'])
