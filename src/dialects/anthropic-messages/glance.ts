import { bufferOf, type Marker } from '../../lib/sse-scan.ts'
import type { Operation } from '../../model/call.ts'
import type { Event } from '../../model/event.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import type { StreamGlancer } from '../dialect.ts'
import { lineGlancer } from '../glance-lines.ts'
import { faultInside } from './fault.ts'
import { laterUsage, readUsage } from './usage.ts'

/** Replies that are handed on as they came, read for what they cost, why they stopped and whether they failed. */

const markers: readonly Marker[] = ['"message_start"', '"message_delta"', '"message_stop"', '"error"'].map(text => ({
  text,
}))

/** A stream. */
export function glance(): StreamGlancer {
  const watch = new Watch()
  const eventsIn = lineGlancer(markers, (event, data, events) => watch.read(event, data, events))
  return { read: frames => ({ bytes: frames, events: eventsIn(bufferOf(frames)) }) }
}

/** What single events mean, one after the other. */
class Watch {
  #usage: JsonObject | undefined

  read(event: JsonObject, data: string, events: Event[]): void {
    const fault = faultInside(event, data)
    if (fault) events.push({ type: 'fault', fault })
    else if (isContent(event)) events.push({ type: 'content' })
    else if (event.type === 'message_start' && isObject(event.message)) this.#count(event.message.usage, events)
    else if (event.type === 'message_delta') this.#readEnd(event, events)
    else if (event.type === 'message_stop') events.push({ type: 'done' })
  }

  #readEnd({ delta, usage }: JsonObject, events: Event[]): void {
    if (isObject(delta) && typeof delta.stop_reason === 'string')
      events.push({ type: 'stop', reason: delta.stop_reason })
    this.#count(usage, events)
  }

  #count(wire: Json | undefined, events: Event[]): void {
    this.#usage = laterUsage(this.#usage, wire)
    const usage = isObject(wire) ? readUsage(this.#usage) : undefined
    if (usage) events.push({ type: 'usage', usage })
  }
}

/** Whether a caller can use it: words, thoughts, arguments, or a block that comes whole. */
function isContent({ type, delta, content_block: block }: JsonObject): boolean {
  if (type === 'content_block_delta' && isObject(delta)) {
    return [delta.text, delta.thinking, delta.partial_json].some(said => typeof said === 'string' && said !== '')
  }
  if (type !== 'content_block_start' || !isObject(block)) return false
  const words = block.type === 'text' ? block.text : block.type === 'thinking' ? block.thinking : block.type
  return typeof words === 'string' && words !== ''
}

/** A whole reply. */
export function glanceAnswer(body: JsonObject, wire: string, operation: Operation): readonly Event[] {
  const fault = faultInside(body, wire)
  if (fault) return [{ type: 'fault', fault }]
  const events: Event[] = [{ type: 'content' }]
  if (operation !== 'chat') return events
  if (typeof body.stop_reason === 'string') events.push({ type: 'stop', reason: body.stop_reason })
  const usage = readUsage(body.usage)
  if (usage) events.push({ type: 'usage', usage })
  return events
}
