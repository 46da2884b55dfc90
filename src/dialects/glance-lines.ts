import { lineEnd, linesWith, type Marker, markerOf } from '../lib/sse-scan.ts'
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
 * string of JSON its quotes are escaped. A line that is no JSON says nothing: we lose a measurement, the caller decides.
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
      const end = lineEnd(bytes, at)
      this.#readLine(bytes.toString('utf8', at, end), events)
      this.#begun = this.#markers !== undefined && events.some(isContent)
      at = end + 1
    }
    if (this.#markers && this.#begun)
      for (const line of linesWith(bytes, this.#markers, at)) this.#readLine(line, events)
    return events.length > 0 ? events : nothing
  }

  #readLine(line: string, events: Event[]): void {
    if (!line.startsWith('data:')) return
    const data = dataOf(line)
    if (data.length < shortJson && data.trim() === '[DONE]') {
      events.push({ type: 'done' })
      return
    }
    const json = objectIn(data)
    if (json) this.#readEvent(json, data, events)
  }
}

/** No JSON that says something is so short. */
const shortJson = 16

/** Without the space before it and the CR behind: more white space is JSON's own. */
const dataOf = (line: string): string => line.slice(line[5] === ' ' ? 6 : 5, line.endsWith('\r') ? -1 : line.length)

const isContent = ({ type }: Event): boolean => type === 'content'
