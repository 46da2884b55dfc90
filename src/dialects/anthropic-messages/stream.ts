import { sseFrame } from '../../lib/sse.ts'
import { lineEnd, linesWith } from '../../lib/sse-scan.ts'
import type { Event } from '../../model/event.ts'
import { isObject, type Json, type JsonObject, objectIn } from '../../model/json.ts'
import type { Batch } from '../../model/source.ts'
import type { StreamGlancer, StreamReading, StreamWriting } from '../dialect.ts'
import { faultInside } from './fault.ts'
import { Reading } from './read-stream.ts'
import { laterUsage, readUsage } from './usage.ts'
import { Writing } from './write-stream.ts'

/** Streams of Anthropic's API: named events with one line of JSON each, from `message_start` to `message_stop`. */
export const stream: StreamReading & StreamWriting = {
  glance,
  reader: maker => new Reading(maker),
  writer: making => new Writing(making),
  closing: ['"content_block_stop"'],
}

const nothing: readonly Event[] = []

/** What a model writes cannot be mistaken for a marker: in a string of JSON its quotes are escaped. */
const markers = ['"message_start"', '"message_delta"', '"message_stop"', '"error"', '[DONE]']

/**
 * Reads bytes, and makes text only of lines that say something: line by line until content has begun, and after that
 * those with a marker in them.
 */
function glance(): StreamGlancer {
  const watch = new Watch()
  let begun = false
  let last: Buffer = Buffer.alloc(0)

  function read(frames: Uint8Array): Batch {
    const bytes = Buffer.from(frames.buffer, frames.byteOffset, frames.byteLength)
    const events: Event[] = []
    let at = 0
    while (!begun && at < bytes.length) {
      const end = lineEnd(bytes, at)
      watch.read(bytes.toString('utf8', at, end), events)
      begun = events.some(event => event.type === 'content')
      at = end + 1
    }
    if (begun) for (const line of linesWith(bytes, markers, at)) watch.read(line, events)
    if (bytes.length > 0) last = bytes
    return { bytes: frames, events: events.length > 0 ? events : nothing }
  }

  /** A reply that has told why it stopped is whole, but Anthropic's clients take it for none without its last event. */
  function end(): Batch | undefined {
    return watch.owesItsEnd ? { bytes: endAfter(last), events: [{ type: 'done' }] } : undefined
  }

  return { read, end }
}

const stopFrame = sseFrame('{"type":"message_stop"}', 'message_stop')

/** An event that no blank line has ended is ended first. */
const endAfter = (last: Buffer): Uint8Array =>
  /\r?\n\r?\n$/.test(last.toString('latin1', Math.max(0, last.length - 4)))
    ? stopFrame
    : Buffer.concat([Buffer.from('\n\n'), stopFrame])

/** What single lines mean, one after the other. */
class Watch {
  #usage: JsonObject | undefined
  #stopped = false
  #over = false

  /** It has said why it stopped, and no more. */
  get owesItsEnd(): boolean {
    return this.#stopped && !this.#over
  }

  read(line: string, events: Event[]): void {
    if (!line.startsWith('data:')) return
    const data = line.slice(5).trim()
    // Not Anthropic's, but some who speak its dialect end every stream so.
    if (data === '[DONE]') this.#end(events)
    // A line that is no JSON is passed on as it came: we lose a measurement, the caller decides.
    const event = objectIn(data)
    if (event) this.#readEvent(event, data, events)
  }

  #readEvent(event: JsonObject, data: string, events: Event[]): void {
    const fault = faultInside(event, data)
    if (fault) this.#end(events, { type: 'fault', fault })
    else if (isContent(event)) events.push({ type: 'content' })
    else if (event.type === 'message_start' && isObject(event.message)) this.#count(event.message.usage, events)
    else if (event.type === 'message_delta') this.#readEnd(event, events)
    else if (event.type === 'message_stop') this.#end(events)
  }

  #end(events: Event[], how: Event = { type: 'done' }): void {
    this.#over = true
    events.push(how)
  }

  #readEnd({ delta, usage }: JsonObject, events: Event[]): void {
    if (isObject(delta) && typeof delta.stop_reason === 'string') {
      this.#stopped = true
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
