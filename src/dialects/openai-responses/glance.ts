import { sseFrame } from '../../lib/sse.ts'
import { bufferOf, markerOf } from '../../lib/sse-scan.ts'
import type { Operation } from '../../model/call.ts'
import type { Event } from '../../model/event.ts'
import type { Fault } from '../../model/fault.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import type { Batch } from '../../model/source.ts'
import type { StreamGlancer } from '../dialect.ts'
import { LineGlancer, withClosing } from '../glance-lines.ts'
import { errorEvent, faultInside } from './fault.ts'
import { goesOn } from './read-answer.ts'
import { readUsage } from './usage.ts'

/** Replies that are handed on as they came, read for what they cost, why they stopped and whether they failed. */

/** Values of `type` that end a stream; beside them an error is looked for. */
const ends = ['response.completed', 'response.incomplete', 'response.failed', 'response.cancelled'] as const
const markers = withClosing([...ends.map(type => `"${type}"`), '"error"'].map(text => markerOf(text)))

/** A stream. */
export function glance(): StreamGlancer {
  const lines = new LineGlancer(markers, readEvent)
  let last: Buffer = Buffer.alloc(0)

  function read(frames: Uint8Array): Batch {
    const bytes = bufferOf(frames)
    if (bytes.length > 0) last = bytes
    return { bytes: frames, events: lines.events(bytes) }
  }

  const fail = (fault: Fault, requestId: string): Uint8Array =>
    sseFrame(JSON.stringify(errorEvent(fault, requestId, lastSequence(last) + 1)), 'error')

  return { read, fail }
}

const endTypes: ReadonlySet<string> = new Set(ends)

function readEvent(event: JsonObject, data: string, events: Event[]): void {
  const { type, response } = event
  if (typeof type === 'string' && endTypes.has(type) && isObject(response)) {
    readEnd(response, event, events)
    return
  }
  const fault = faultInside(event, data)
  if (fault) events.push({ type: 'fault', fault })
  else if (speaks(event)) events.push({ type: 'content' })
}

/** The error of a response that failed stands in it; one that stands beside it is met by its callers as well. */
function readEnd(response: JsonObject, event: JsonObject, events: Event[]): void {
  // Only who asked for it here can have cancelled it.
  const fault = response.status === 'cancelled' ? undefined : (faultOf(response) ?? faultOf(event))
  events.push(...endOf(response))
  events.push(fault ? { type: 'fault', fault } : { type: 'done' })
}

const faultOf = (holder: JsonObject): Fault | undefined => faultInside(holder, JSON.stringify({ error: holder.error }))

/** Whether a caller has something of an event: words, a call, a tool of the provider's that works for it. */
function speaks({ type, delta, item }: JsonObject): boolean {
  if (typeof type !== 'string') return false
  if (type.endsWith('.delta')) return delta !== ''
  if (type === 'response.output_item.added') return isObject(item) && !silent.has(item.type ?? null)
  return type === 'response.output_item.done'
}

/** Items that begin with nothing in them. */
const silent: ReadonlySet<Json> = new Set(['message', 'reasoning'])

const sequenceName = Buffer.from('"sequence_number":')

/** The number of the last event in these bytes; -1 where events are not numbered. */
function lastSequence(bytes: Buffer): number {
  const at = bytes.lastIndexOf(sequenceName)
  if (at === -1) return -1
  const from = at + sequenceName.length
  return Number.parseInt(bytes.toString('latin1', from, from + 20), 10)
}

/** A whole reply. */
export function glanceAnswer(body: JsonObject, wire: string, operation: Operation): readonly Event[] {
  const fault = faultInside(body, wire)
  if (fault) return [{ type: 'fault', fault }]
  return operation === 'chat' ? [...endOf(body), ...leave(body)] : [{ type: 'content' }]
}

/** One that goes on in the background is all that this request gets. */
const leave = (body: JsonObject): readonly Event[] =>
  goesOn(body) && typeof body.status === 'string' ? [{ type: 'stop', reason: body.status }] : []

/** What a response says of itself at its end. One that goes on in the background has not stopped. */
function endOf(response: JsonObject): Event[] {
  const { output, status, incomplete_details: details, usage: wire } = response
  const going = goesOn(response)
  const events: Event[] = going || (Array.isArray(output) && output.length > 0) ? [{ type: 'content' }] : []
  const reason = isObject(details) ? details.reason : status
  if (!going && typeof reason === 'string') events.push({ type: 'stop', reason })
  const usage = readUsage(wire)
  if (usage) events.push({ type: 'usage', usage })
  return events
}
