import { sseFrame } from '../../lib/sse.ts'
import { bufferOf, markerOf } from '../../lib/sse-scan.ts'
import type { Operation } from '../../model/call.ts'
import type { Event } from '../../model/event.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import type { Batch } from '../../model/source.ts'
import type { StreamGlancer } from '../dialect.ts'
import { LineGlancer, withClosing } from '../glance-lines.ts'
import { faultInside } from './fault.ts'
import { laterUsage, readUsage } from './usage.ts'

/** Replies that are handed on as they came, read for what they cost, why they stopped and whether they failed. */

const markers = withClosing(
  ['"message_start"', '"message_delta"', '"message_stop"', '"error"'].map(text => markerOf(text)),
)

/** A stream. */
export function glance(): StreamGlancer {
  const watch = new Watch()
  const lines = new LineGlancer(markers, (event, data, events) => watch.read(event, data, events))
  let last: Buffer = Buffer.alloc(0)

  function read(frames: Uint8Array): Batch {
    const bytes = bufferOf(frames)
    const events = lines.events(bytes)
    if (events.some(({ type }) => type === 'done' || type === 'fault')) watch.over = true
    if (bytes.length > 0) last = bytes
    return { bytes: frames, events }
  }

  /** A reply that has told why it stopped is whole, but Anthropic's clients take it for none without its last event. */
  function end(): Batch | undefined {
    return watch.stopped && !watch.over ? { bytes: endAfter(last), events: [{ type: 'done' }] } : undefined
  }

  return { read, end }
}

const stopFrame = sseFrame('{"type":"message_stop"}', 'message_stop')

/** An event that no blank line has ended is ended first. */
const endAfter = (last: Buffer): Uint8Array =>
  /\r?\n\r?\n$/.test(last.toString('latin1', Math.max(0, last.length - 4)))
    ? stopFrame
    : Buffer.concat([Buffer.from('\n\n'), stopFrame])

/** What single events mean, one after the other. */
class Watch {
  /** It has said why it stopped. */
  stopped = false
  /** It has had its last event, or has failed. */
  over = false
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
    if (isObject(delta) && typeof delta.stop_reason === 'string') {
      this.stopped = true
      events.push({ type: 'stop', reason: delta.stop_reason })
    }
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
  if (operation !== 'chat') return [{ type: 'content' }]
  const { content, stop_reason: reason } = body
  const empty = typeof reason !== 'string' && !(Array.isArray(content) && content.length > 0)
  const events: Event[] = empty ? [] : [{ type: 'content' }]
  if (typeof reason === 'string') events.push({ type: 'stop', reason })
  const usage = readUsage(body.usage)
  if (usage) events.push({ type: 'usage', usage })
  return events
}
