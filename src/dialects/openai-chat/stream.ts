import { dropFields, fieldsOf } from '../../lib/json-edit.ts'
import type { Event } from '../../model/event.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import type { Batch } from '../../model/source.ts'
import type { StreamCodec, StreamReader } from '../dialect.ts'
import { stopReason } from './answer.ts'
import { faultInside } from './fault.ts'
import { readUsage } from './usage.ts'

/** Streams of OpenAI's API: chunks of JSON in server-sent events, one line of data each, closed by `[DONE]`. */
export const stream: StreamCodec = { reader }

/**
 * What makes a line worth parsing once content has begun. In a string of the model's own a quote is escaped, so none of
 * these can be mistaken for its text. `"usage":null`, which OpenAI writes into every chunk, is passed over.
 */
const markers = /"usage"\s*:\s*[^n\s]|"error"|"finish_reason"\s*:\s*"|\[DONE\]/g

/**
 * `"usage":null` where only plain members follow it before the object and the line end: so it stands at the top level,
 * and can be cut without parsing.
 */
const nullUsage = /,"usage":null(?=(?:,"[^"\\]*":(?:"[^"\\]*"|[\w.+-]+))*\}\r?\n)/g

/** The same where nothing follows it: a search for a text costs a quarter of one for a pattern. */
const lastNullUsage = ',"usage":null}\n'

const nothing: readonly Event[] = []

/**
 * Reads a batch as Latin-1, in which a character is a byte: all that we look for is ASCII, and places in the text are
 * places in the bytes. Line by line until content has begun; after that only lines with a marker in them are parsed.
 */
function reader({ hideUsage }: { readonly hideUsage: boolean }): StreamReader {
  let begun = false

  function read(bytes: Uint8Array): Batch {
    const text = latin1(bytes)
    const events: Event[] = []
    let at = 0
    while (!begun && at < text.length) at = readNext(text, at, events)
    if (begun) readMarked(text, at, events)
    return { bytes: hideUsage ? withoutUsage(bytes, text) : bytes, events: events.length > 0 ? events : nothing }
  }

  function readNext(text: string, at: number, events: Event[]): number {
    const end = lineEnd(text, at)
    readLine(text.slice(at, end), events)
    begun = events.some(event => event.type === 'content')
    return end + 1
  }

  return { read }
}

const latin1 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')

function readMarked(text: string, from: number, events: Event[]): void {
  markers.lastIndex = from
  for (let found = markers.exec(text); found; found = markers.exec(text)) {
    const end = lineEnd(text, found.index)
    readLine(text.slice(lineStart(text, found.index), end), events)
    markers.lastIndex = end
  }
}

/** A line ends by LF, CRLF or CR; the CR of a CRLF is left at the line's end, where JSON does not mind it. */
function lineEnd(text: string, at: number): number {
  const feed = text.indexOf('\n', at)
  if (feed !== -1) return feed
  const end = text.indexOf('\r', at)
  return end === -1 ? text.length : end
}

const lineStart = (text: string, at: number): number =>
  Math.max(text.lastIndexOf('\n', at), text.lastIndexOf('\r', at)) + 1

function readLine(line: string, events: Event[]): void {
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
  if (chunk.error !== undefined && chunk.error !== null) {
    readFault(Buffer.from(data, 'latin1').toString(), events)
    return
  }
  if (hasContent(chunk.choices)) events.push({ type: 'content' })
  const reason = stopReason(chunk.choices)
  if (reason) events.push({ type: 'stop', reason })
  // Groq tells its usage twice, here and in `x_groq`; the later report replaces the earlier.
  const usage = readUsage(chunk.usage)
  if (usage) events.push({ type: 'usage', usage })
}

/** The words of an error are for people, so here the bytes are read as the UTF-8 that they are. */
function readFault(data: string, events: Event[]): void {
  const chunk = parse(data)
  const fault = chunk && faultInside(chunk, data)
  if (fault) events.push({ type: 'fault', fault })
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

/**
 * Takes out the chunk that has usage and no choices, and the field `usage` where it says null. Each step does what the one
 * before has left, and costs more: most streams need the first alone.
 */
function withoutUsage(bytes: Uint8Array, text: string): Uint8Array {
  if (!text.includes('"usage"')) return bytes
  let cut = text.replaceAll(lastNullUsage, '}\n')
  if (cut.includes('"usage"')) cut = cut.replace(nullUsage, '')
  if (cut.includes('"usage"')) cut = withoutReports(cut)
  return cut.length === text.length ? bytes : Buffer.from(cut, 'latin1')
}

/** Frame by frame, for what remains: a report of its own, and nulls in other spellings and places. */
function withoutReports(text: string): string {
  let kept = ''
  let from = 0
  for (let at = text.indexOf('"usage"'); at !== -1; at = text.indexOf('"usage"', from)) {
    const start = lineStart(text, at)
    const end = frameEnd(text, at)
    kept += text.slice(from, start) + withoutReport(text.slice(start, end))
    from = end
  }
  return kept + text.slice(from)
}

/** The index after the blank line that ends a frame. */
function frameEnd(text: string, at: number): number {
  const blank = /\r\n\r\n|\n\n|\r\r|\n\r\n/g
  blank.lastIndex = at
  return blank.test(text) ? blank.lastIndex : text.length
}

function withoutReport(frame: string): string {
  if (!frame.startsWith('data:')) return frame
  const end = frame.length - frame.trimEnd().length
  const data = frame.slice(5, frame.length - end)
  const chunk = parse(data)
  if (chunk?.usage === undefined) return frame
  if (chunk.usage === null) {
    return `data:${dropFields(data, fieldsOf(data), name => name === 'usage')}${frame.slice(frame.length - end)}`
  }
  return Array.isArray(chunk.choices) && chunk.choices.length === 0 ? '' : frame
}
