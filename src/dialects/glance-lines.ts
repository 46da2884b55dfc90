import { lineEnd, linesWith, type Marker, markerOf } from '../lib/sse-scan.ts'
import type { Event } from '../model/event.ts'
import { type JsonObject, objectIn } from '../model/json.ts'

/** What the JSON of one line says, added to the events. `data` is its text. */
export type EventReader = (json: JsonObject, data: string, events: Event[]) => void

const nothing: readonly Event[] = []

/** Closes most streams; some close those of other dialects with it too. */
const closing = markerOf('[DONE]')

/**
 * Reads the bytes of a stream of server-sent events, and makes text only of lines that say something: line by line until
 * content has begun, and after that those with a marker in them. What a model writes cannot be mistaken for a marker: in a
 * string of JSON its quotes are escaped. A line that is no JSON says nothing: we lose a measurement, the caller decides.
 */
export function lineGlancer(markers: readonly Marker[], readEvent: EventReader): (bytes: Buffer) => readonly Event[] {
  const marks = [...markers, closing]
  let begun = false

  function readLine(line: string, events: Event[]): void {
    if (!line.startsWith('data:')) return
    const data = line.slice(5).trim()
    if (data === '[DONE]') {
      events.push({ type: 'done' })
      return
    }
    const json = objectIn(data)
    if (json) readEvent(json, data, events)
  }

  return bytes => {
    const events: Event[] = []
    let at = 0
    while (!begun && at < bytes.length) {
      const end = lineEnd(bytes, at)
      readLine(bytes.toString('utf8', at, end), events)
      begun = events.some(event => event.type === 'content')
      at = end + 1
    }
    if (begun) for (const line of linesWith(bytes, marks, at)) readLine(line, events)
    return events.length > 0 ? events : nothing
  }
}
