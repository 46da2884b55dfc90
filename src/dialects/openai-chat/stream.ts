import { dropFields, fieldsOf } from '../../lib/json-edit.ts'
import type { Event } from '../../model/event.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import type { Batch } from '../../model/source.ts'
import type { StreamGlancer, StreamReading, StreamWriting } from '../dialect.ts'
import { stopReason } from './answer.ts'
import { faultInside } from './fault.ts'
import { reader } from './read-stream.ts'
import { readUsage } from './usage.ts'
import { writer } from './write-stream.ts'

/** Streams of OpenAI's API: chunks of JSON in server-sent events, one line of data each, closed by `[DONE]`. */
export const stream: StreamReading & StreamWriting = { glance, reader, writer }

const LF = 10
const CR = 13
const QUOTE = 34
const COMMA = 44
const COLON = 58
const SMALL_N = 110
const CLOSE_BRACE = 125

const nothing: readonly Event[] = []

/**
 * Reads bytes, and makes text only of lines that say something: line by line until content has begun, and after that those
 * with a marker in them. What a model writes cannot be mistaken for a marker: in a string of JSON its quotes are escaped.
 */
function glance({ hideUsage }: { readonly hideUsage: boolean }): StreamGlancer {
  let begun = false

  function read(frames: Uint8Array): Batch {
    const bytes = Buffer.from(frames.buffer, frames.byteOffset, frames.byteLength)
    const events: Event[] = []
    let at = 0
    while (!begun && at < bytes.length) at = readNext(bytes, at, events)
    if (begun) readMarked(bytes, at, events)
    return { bytes: hideUsage ? withoutUsage(bytes, frames) : frames, events: events.length > 0 ? events : nothing }
  }

  function readNext(bytes: Buffer, at: number, events: Event[]): number {
    const end = lineEnd(bytes, at)
    readLine(bytes, at, end, events)
    begun = events.some(event => event.type === 'content')
    return end + 1
  }

  return { read }
}

/** The lines, from a place on, that tell a stop, a usage, an error or the end, in their order. */
function readMarked(bytes: Buffer, from: number, events: Event[]): void {
  const marks: number[] = []
  find(bytes, '"finish_reason"', from, at => valueAt(bytes, at + 15) === QUOTE, marks)
  find(bytes, '"usage"', from, at => valueAt(bytes, at + 7) !== SMALL_N, marks)
  find(bytes, '"error"', from, always, marks)
  find(bytes, '[DONE]', from, always, marks)
  let read = -1
  for (const mark of marks.sort((a, b) => a - b)) {
    if (mark < read) continue
    read = lineEnd(bytes, mark)
    readLine(bytes, lineStart(bytes, mark), read, events)
  }
}

function find(bytes: Buffer, marker: string, from: number, counts: (at: number) => boolean, marks: number[]): void {
  for (let at = bytes.indexOf(marker, from); at !== -1; at = bytes.indexOf(marker, at + marker.length)) {
    if (counts(at)) marks.push(at)
  }
}

const always = (): boolean => true

/** The first byte of the value whose name ends here; undefined if this is no name. */
function valueAt(bytes: Buffer, nameEnd: number): number | undefined {
  const colon = skipSpace(bytes, nameEnd)
  return bytes[colon] === COLON ? bytes[skipSpace(bytes, colon + 1)] : undefined
}

function skipSpace(bytes: Buffer, at: number): number {
  let i = at
  while (bytes[i] === 32 || bytes[i] === 9) i++
  return i
}

/** A line ends by LF, CRLF or CR; the CR of a CRLF is left at the line's end, where JSON does not mind it. */
function lineEnd(bytes: Buffer, at: number): number {
  const feed = bytes.indexOf(LF, at)
  if (feed !== -1) return feed
  const end = bytes.indexOf(CR, at)
  return end === -1 ? bytes.length : end
}

function lineStart(bytes: Buffer, at: number): number {
  const feed = bytes.lastIndexOf(LF, at)
  return (feed === -1 ? bytes.lastIndexOf(CR, at) : feed) + 1
}

function readLine(bytes: Buffer, from: number, to: number, events: Event[]): void {
  const line = bytes.toString('utf8', from, to)
  if (!line.startsWith('data:')) return
  const data = line.slice(5).trim()
  if (data === '[DONE]') {
    events.push({ type: 'done' })
    return
  }
  const chunk = parse(data)
  if (chunk) readChunk(chunk, data, events)
}

function parse(data: string): JsonObject | undefined {
  try {
    const value = JSON.parse(data) as Json
    return isObject(value) ? value : undefined
  } catch {
    // A line that is no JSON is passed on as it came: we lose a measurement, the caller decides.
    return undefined
  }
}

function readChunk(chunk: JsonObject, data: string, events: Event[]): void {
  const fault = faultInside(chunk, data)
  if (fault) {
    events.push({ type: 'fault', fault })
    return
  }
  if (hasContent(chunk.choices)) events.push({ type: 'content' })
  const reason = stopReason(chunk.choices)
  if (reason) events.push({ type: 'stop', reason })
  // Groq tells its usage twice, here and in `x_groq`; the later report replaces the earlier.
  const usage = readUsage(chunk.usage)
  if (usage) events.push({ type: 'usage', usage })
}

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

/** A part of a batch that is to go. */
type Cut = { readonly from: number; readonly to: number }

/**
 * Takes out the chunk that has usage and no choices, and the field `usage` where it says null. The bytes are moved together
 * where they are: a stream of which we asked the usage has a null in every chunk.
 */
function withoutUsage(bytes: Buffer, frames: Uint8Array): Uint8Array {
  const cuts: Cut[] = []
  let at = bytes.indexOf(usageName)
  while (at !== -1) {
    const plain = isPlainNull(bytes, at)
    const cut = plain ? { from: at - 1, to: at + 12 } : cutAround(bytes, at)
    if (cut) cuts.push(cut)
    at = bytes.indexOf(usageName, Math.max(cut?.to ?? 0, plain ? 0 : lineEnd(bytes, at)))
  }
  return cuts.length === 0 ? frames : compact(bytes, cuts)
}

const usageName = Buffer.from('"usage"')

/** `,"usage":null` right before the brace and the line end: so it stands at the top level, whatever comes before it. */
function isPlainNull(bytes: Buffer, at: number): boolean {
  return (
    bytes[at - 1] === COMMA &&
    bytes[at + 7] === COLON &&
    bytes[at + 8] === SMALL_N &&
    bytes[at + 12] === CLOSE_BRACE &&
    (bytes[at + 13] === LF || (bytes[at + 13] === CR && bytes[at + 14] === LF))
  )
}

/** What has to go of the line in which the name stands, found by parsing it. */
function cutAround(bytes: Buffer, at: number): Cut | undefined {
  const from = lineStart(bytes, at)
  const line = bytes.toString('latin1', from, lineEnd(bytes, at))
  if (!line.startsWith('data:')) return undefined
  const chunk = parse(line.slice(5))
  if (chunk?.usage === null) return cutField(line, from)
  const reportAlone = isObject(chunk?.usage) && Array.isArray(chunk.choices) && chunk.choices.length === 0
  return reportAlone ? { from, to: frameEnd(bytes, at) } : undefined
}

/** The field `usage` of a line of data, with the comma that goes with it. In Latin-1 a character is a byte. */
function cutField(line: string, lineFrom: number): Cut {
  const data = line.slice(5)
  const rest = dropFields(data, fieldsOf(data), name => name === 'usage')
  let same = 0
  while (same < rest.length && rest[same] === data[same]) same++
  const from = lineFrom + 5 + same
  return { from, to: from + data.length - rest.length }
}

/** The index after the blank line that ends a frame. */
function frameEnd(bytes: Buffer, at: number): number {
  const end = lineEnd(bytes, at)
  const next = end + 1
  if (bytes[next] === LF) return next + 1
  if (bytes[next] === CR) return bytes[next + 1] === LF ? next + 2 : next + 1
  // Other lines of the same frame, or the batch's end.
  return next >= bytes.length ? bytes.length : frameEnd(bytes, next)
}

function compact(bytes: Buffer, cuts: readonly Cut[]): Uint8Array {
  let end = cuts[0]?.from ?? 0
  cuts.forEach((cut, n) => {
    const next = cuts[n + 1]?.from ?? bytes.length
    bytes.copyWithin(end, cut.to, next)
    end += next - cut.to
  })
  return bytes.subarray(0, end)
}
