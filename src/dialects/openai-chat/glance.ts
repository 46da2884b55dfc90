import { bufferOf, type Marker, markerOf } from '../../lib/sse-scan.ts'
import type { Operation } from '../../model/call.ts'
import type { Event } from '../../model/event.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import type { Batch } from '../../model/source.ts'
import type { GlanceOptions, StreamGlancer } from '../dialect.ts'
import { type EventReader, LineGlancer, withClosing } from '../glance-lines.ts'
import { place } from '../told.ts'
import { faultAmong, faultInside } from './fault.ts'
import { withoutUsage } from './hide-usage.ts'
import { readUsage } from './usage.ts'

/** Replies that are handed on as they came, read for what they cost, why they stopped and whether they failed. */

const LF = 10
const CR = 13
const QUOTE = 34
const COLON = 58
const SMALL_N = 110

/** Many providers have a reason and a usage in every chunk, as a null: they are not worth parsing it. */
const markers: readonly Marker[] = withClosing([
  markerOf('"finish_reason"', (bytes, end) => mayBeText(valueAt(bytes, end))),
  markerOf('"usage"', (bytes, end) => valueAt(bytes, end) !== SMALL_N),
  markerOf('"error"'),
])

/** A stream. */
export const glance = ({ hideUsage, several }: Omit<GlanceOptions, 'array'>): StreamGlancer =>
  new Glancer(hideUsage, several ? new LineGlancer(undefined, readChoices) : new LineGlancer(markers, readChunk))

class Glancer implements StreamGlancer {
  readonly #lines: LineGlancer
  readonly #hideUsage: boolean

  constructor(hideUsage: boolean, lines: LineGlancer) {
    this.#hideUsage = hideUsage
    this.#lines = lines
  }

  read(frames: Uint8Array): Batch {
    const bytes = bufferOf(frames)
    const events = this.#lines.events(bytes)
    return { bytes: this.#hideUsage ? withoutUsage(bytes, frames) : frames, events }
  }
}

/** The first byte of the value whose name ends here; what follows if this is no name, or the line ends before it. */
function valueAt(bytes: Buffer, nameEnd: number): number | undefined {
  const next = skipSpace(bytes, nameEnd)
  return bytes[next] === COLON ? bytes[skipSpace(bytes, next + 1)] : bytes[next]
}

/** An event of several lines may have it on the next. */
const mayBeText = (byte: number | undefined): boolean => byte === QUOTE || byte === LF || byte === CR

function skipSpace(bytes: Buffer, at: number): number {
  let i = at
  while (bytes[i] === 32 || bytes[i] === 9) i++
  return i
}

type WordsReader = (choices: Json | undefined, events: Event[]) => void

/** `words`: how it is noted that choices speak and stop. */
const chunkReader =
  (words: WordsReader): EventReader =>
  (chunk, data, events) => {
    const fault = faultInside(chunk, data) ?? faultAmong(chunk.choices)
    if (fault) {
      events.push({ type: 'fault', fault })
      return
    }
    words(chunk.choices, events)
    // Groq tells its usage twice, here and in `x_groq`; the later report replaces the earlier.
    const usage = readUsage(chunk.usage)
    if (usage) events.push({ type: 'usage', usage })
  }

const readChunk = chunkReader((choices, events) => {
  if (hasContent(choices)) events.push({ type: 'content' })
  const reason = stopReason(choices)
  if (reason) events.push({ type: 'stop', reason })
})

/** The same where several choices were asked for: each for itself. */
const readChoices = chunkReader((choices, events) => {
  if (!Array.isArray(choices)) return
  choices.forEach((each, n) => {
    const choice = isObject(each) ? (place(each.index) ?? n) : n
    if (hasContent([each])) events.push({ type: 'content', choice })
    const reason = stopReason([each])
    if (reason) events.push({ type: 'stop', reason, choice })
  })
})

/** The fields of a delta in which a model speaks; a role alone, or an empty string, is not speech. */
const speech = ['content', 'reasoning_content', 'reasoning', 'tool_calls', 'refusal', 'function_call', 'audio'] as const

function hasContent(choices: Json | undefined): boolean {
  if (!Array.isArray(choices)) return false
  return choices.some(choice => {
    if (!isObject(choice)) return false
    const delta = isObject(choice.delta) ? choice.delta : isObject(choice.message) ? choice.message : undefined
    return isSpoken(choice.text) || (delta !== undefined && speech.some(field => isSpoken(delta[field])))
  })
}

const isSpoken = (value: Json | undefined): boolean =>
  typeof value === 'string' || Array.isArray(value) ? value.length > 0 : isObject(value)

/** A whole reply. */
export function glanceAnswer(body: JsonObject, wire: string, operation: Operation): readonly Event[] {
  const fault = faultInside(body, wire) ?? faultAmong(body.choices)
  if (fault) return [{ type: 'fault', fault }]
  const { choices } = body
  const empty = operation !== 'embeddings' && !(Array.isArray(choices) && choices.length > 0)
  const events: Event[] = empty ? [] : [{ type: 'content' }]
  const reason = stopReason(choices)
  if (reason) events.push({ type: 'stop', reason })
  const usage = readUsage(body.usage)
  if (usage) events.push({ type: 'usage', usage })
  return events
}

/** The first reason that a choice gives. Some providers send an empty one until the last chunk (Snowflake). */
export function stopReason(choices: Json | undefined): string | undefined {
  if (!Array.isArray(choices)) return undefined
  for (const choice of choices) {
    if (isObject(choice) && typeof choice.finish_reason === 'string' && choice.finish_reason !== '')
      return choice.finish_reason
  }
  return undefined
}
