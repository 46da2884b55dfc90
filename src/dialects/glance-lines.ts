import { eventsOf } from '../lib/sse.ts'
import { frameStart, goesOn, lineEnd, lineStart, type Marker, markerOf, placesOf } from '../lib/sse-scan.ts'
import type { Event } from '../model/event.ts'
import { type JsonObject, objectIn } from '../model/json.ts'

/** What the JSON of one line says, added to the events. `data` is its text. */
export type EventReader = (json: JsonObject, data: string, events: Event[]) => void

const nothing: readonly Event[] = []

/** Closes most streams; some close those of other dialects with it too. */
const closing = markerOf('[DONE]')

/** The markers of a dialect, and what closes most streams of any. */
export const withClosing = (markers: readonly Marker[]): readonly Marker[] => [...markers, closing]

/**
 * Reads the bytes of a stream of server-sent events, and makes text only of lines that say something: line by line until
 * content has begun, and after that those with a marker in them. What a model writes cannot be mistaken for a marker: in a
 * string of JSON its quotes are escaped. Where a line alone is not what an event says, the events are read that are left of
 * the batch. What is no JSON says nothing: we lose a measurement, the caller decides.
 */
export class LineGlancer {
  readonly #markers: readonly Marker[] | undefined
  readonly #readEvent: EventReader
  #begun = false

  /** Without markers every line is read: of several replies one may begin when others have long begun. */
  constructor(markers: readonly Marker[] | undefined, readEvent: EventReader) {
    this.#markers = markers
    this.#readEvent = readEvent
  }

  events(bytes: Buffer): readonly Event[] {
    const events: Event[] = []
    let at = 0
    while (!this.#begun && at < bytes.length) {
      at = this.#readLine(bytes, at, events) ?? this.#readFrames(bytes, at, events)
      this.#begun = this.#markers !== undefined && events.some(isContent)
    }
    if (this.#markers && this.#begun) {
      for (const place of placesOf(bytes, this.#markers, at)) {
        if (place < at) continue
        const from = lineStart(bytes, place)
        const next = from < at ? undefined : this.#readLine(bytes, from, events)
        // Where line ends are mixed the marker's line may not be the one that seems to be.
        if (next !== undefined && next > place) at = next
        else at = this.#readFrames(bytes, Math.max(at, frameStart(bytes, place)), events)
      }
    }
    return events.length > 0 ? events : nothing
  }

  /** The index after the line; undefined if it has to be read with its frame. */
  #readLine(bytes: Buffer, from: number, events: Event[]): number | undefined {
    const end = lineEnd(bytes, from)
    const line = bytes.toString('utf8', from, end)
    if (!line.startsWith('data:')) return isOne(line) ? end + 1 : undefined
    return !goesOn(bytes, end) && this.#readData(dataOf(line), events) ? end + 1 : undefined
  }

  /** Whether it could be understood. */
  #readData(data: string, events: Event[]): boolean {
    if (data.length < shortJson && data.trim() === '[DONE]') {
      events.push({ type: 'done' })
      return true
    }
    const json = objectIn(data)
    if (json) this.#readEvent(json, data, events)
    return json !== undefined
  }

  /** Some put no blank line between their events, so each line of what is no JSON may be some. */
  #readFrames(bytes: Buffer, from: number, events: Event[]): number {
    for (const { data } of eventsOf(bytes.toString('utf8', from)))
      if (!this.#readData(data, events)) for (const line of data.split('\n')) this.#readData(line, events)
    return bytes.length
  }
}

/** Whether it is one line by any line end. */
const isOne = (line: string): boolean => {
  const end = line.indexOf('\r')
  return end === -1 || end === line.length - 1
}

/** No JSON that says something is so short. */
const shortJson = 16

/** Without the space before it and the CR behind: more white space is JSON's own. */
const dataOf = (line: string): string => line.slice(line[5] === ' ' ? 6 : 5, line.endsWith('\r') ? -1 : line.length)

const isContent = ({ type }: Event): boolean => type === 'content'
