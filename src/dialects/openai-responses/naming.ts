import { linesWith } from '../../lib/sse-scan.ts'
import { isObject, type Json, objectIn } from '../../model/json.ts'
import type { Naming } from '../dialect.ts'
import { lastSequence } from './sequence.ts'

/**
 * Items and the response have ids here, and events are numbered: a client that has heard one provider's refuses another's
 * in the same stream. So whoever goes on with it takes the names over, and counts from where the other stopped.
 */
export function naming(): Naming {
  const sent = new Names()
  const written = new Names()
  return {
    learn(theirs, ours) {
      sent.note(theirs)
      written.note(ours)
    },
    rename(frames) {
      if (sent.size === 0) return frames
      const ahead = sent.last - written.last
      let text = decoder.decode(frames)
      for (const [place, name] of written) text = text.replaceAll(`"${name}"`, `"${sent.get(place) ?? name}"`)
      return encoder.encode(
        text.replace(numbers, (_, field: string, number: string) => field + (Number(number) + ahead)),
      )
    },
  }
}

const decoder = new TextDecoder()
const encoder = new TextEncoder()

/** In what a model says, the quotes are escaped. */
const numbers = /("sequence_number":)(\d+)/g

const markers = ['"response.created"', '"response.output_item.added"']

/** The ids in a stream by the place that they stand at, and the number of its last event. */
class Names extends Map<Json, string> {
  last = -1

  note(frames: Uint8Array): void {
    if (frames.length === 0) return
    const bytes = Buffer.from(frames.buffer, frames.byteOffset, frames.byteLength)
    for (const line of linesWith(bytes, markers, 0)) this.#read(line)
    this.last = Math.max(this.last, lastSequence(bytes))
  }

  #read(line: string): void {
    const event = line.startsWith('data:') ? objectIn(line.slice('data:'.length)) : undefined
    const named = event?.type === 'response.created' ? event.response : event?.item
    if (isObject(named) && typeof named.id === 'string') this.set(event?.output_index ?? 'response', named.id)
  }
}
