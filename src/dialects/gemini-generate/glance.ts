import { FrameCutter, eventsOf as framesOf } from '../../lib/sse.ts'
import { frameEnd } from '../../lib/sse-scan.ts'
import type { Event } from '../../model/event.ts'
import type { Fault } from '../../model/fault.ts'
import { isObject, type JsonObject, objectIn } from '../../model/json.ts'
import type { Batch } from '../../model/source.ts'
import type { AnswerReader, Cutter, GlanceOptions, StreamGlancer } from '../dialect.ts'
import { place } from '../told.ts'
import { ElementCutter, elementsIn } from './elements.ts'
import { faultInside, fault as faults } from './fault.ts'
import { lastElement } from './framing.ts'
import { isReason } from './stop.ts'
import { readUsage } from './usage.ts'

/**
 * Replies that are handed on as they came, read for what they cost, why they stopped and whether they failed. A stream's
 * bytes are searched for markers, and only what says something is parsed: what a model writes cannot be mistaken for a
 * marker, for in a string of JSON its quotes are escaped. There is no closing mark; a reply is whole that ends after its stop.
 */
export function glance({ array, several = false }: Omit<GlanceOptions, 'hideUsage'>): StreamGlancer {
  let begun = false
  let first = true
  let closing: Buffer | undefined
  let over = false
  const words = several ? wordsOfEach : wordsOf

  function read(frames: Uint8Array): Batch {
    if (!array) return look(frames)
    const { elements, rest } = parted(closing ? Buffer.concat([closing, frames]) : frames)
    closing = rest
    const batch = look(elements)
    return batch.events.some(event => event.type === 'fault') ? { ...batch, bytes: closed(upToFault(elements)) } : batch
  }

  /** Nothing follows an error. */
  function closed(bytes: Uint8Array): Uint8Array {
    over = true
    return Buffer.concat([bytes, closing ?? closedArray])
  }

  function look(frames: Uint8Array): Batch {
    const bytes = Buffer.from(frames.buffer, frames.byteOffset, frames.byteLength)
    first &&= frames.length === 0
    const events: Event[] = []
    if (!begun || speaks(bytes)) for (const chunk of chunksIn(bytes, array)) events.push(...eventsOf(chunk, words))
    // Of several candidates one may begin when others have long begun.
    begun ||= !several && events.some(event => event.type === 'content')
    const usage = lastUsage(bytes)
    if (usage) events.push({ type: 'usage', usage })
    return { bytes: frames, events }
  }

  /** What closes the array goes out when the reply is known to be whole: a failure is an element of it, too. */
  const end = (): Batch | undefined =>
    array && !over && (closing || !first) ? { bytes: closing ?? closedArray, events: [{ type: 'done' }] } : undefined

  const fail = (fault: Fault, requestId: string): Uint8Array =>
    array ? lastElement(faults.write(fault, requestId), first) : faults.frame(fault, requestId)
  return { read, end, fail }
}

/** What comes behind the error in the same read would make a whole reply of it. */
function upToFault(elements: Buffer): Buffer {
  const failed = elementsIn(elements).find(each =>
    eventsOf(each.toString(), () => []).some(event => event.type === 'fault'),
  )
  return failed ? elements.subarray(0, failed.byteOffset - elements.byteOffset + failed.length) : elements
}

const closedArray = Buffer.from('\n]')

/** What holds whole elements, and the bracket after the last of them with all that follows it. */
function parted(frames: Uint8Array): { readonly elements: Buffer; readonly rest: Buffer | undefined } {
  const bytes = Buffer.from(frames.buffer, frames.byteOffset, frames.byteLength)
  const at = bytes.indexOf(CLOSE_BRACKET, bytes.lastIndexOf(CLOSE_BRACE) + 1)
  return at === -1
    ? { elements: bytes, rest: undefined }
    : { elements: bytes.subarray(0, at), rest: bytes.subarray(at) }
}

export const cutter = (array: boolean): Cutter => (array ? new ElementCutter() : new FrameCutter())

const markers = ['"finishReason"', '"error"', '"blockReason"'].map(text => Buffer.from(text))

const speaks = (bytes: Buffer): boolean => markers.some(marker => bytes.includes(marker))

const CLOSE_BRACKET = 93
const CLOSE_BRACE = 125

/** The chunks in whole frames: as JSON texts, or with what frames them. */
function chunksIn(bytes: Buffer, array: boolean): readonly string[] {
  return array ? elementsIn(bytes).map(each => each.toString()) : framesIn(bytes)
}

function framesIn(bytes: Buffer): readonly string[] {
  const frames: string[] = []
  let from = 0
  while (from < bytes.length) {
    const end = frameEnd(bytes, from)
    frames.push(bytes.toString('utf8', from, end))
    from = end
  }
  return frames
}

/** Google's errors may come bare, without `data:`, on several lines. */
const unframed = (frame: string): string =>
  frame
    .trim()
    .replace(/^data:/, '')
    .trimStart()

function eventsOf(text: string, words: typeof wordsOfEach): readonly Event[] {
  const data = unframed(text)
  const chunk = objectIn(data)
  return chunk ? said(chunk, data, words) : eventsOfLines(text, words)
}

/** Of what is more than one line of data. */
const eventsOfLines = (frame: string, words: typeof wordsOfEach): readonly Event[] =>
  framesOf(frame).flatMap(({ data }) => {
    const chunk = objectIn(data)
    return chunk ? said(chunk, data, words) : []
  })

function said(chunk: JsonObject, wire: string, words: typeof wordsOfEach): readonly Event[] {
  const fault = faultInside(chunk, wire)
  return fault ? [{ type: 'fault', fault }] : words(chunk)
}

function wordsOf(chunk: JsonObject, of: { readonly choice?: number } = {}): readonly Event[] {
  const events: Event[] = hasContent(chunk) ? [{ type: 'content', ...of }] : []
  const reason = reasonIn(chunk)
  return reason === undefined ? events : [...events, { type: 'stop', reason, ...of }]
}

/** The same where several candidates were asked for: each for itself. */
function wordsOfEach(chunk: JsonObject): readonly Event[] {
  const candidates = candidatesIn(chunk)
  if (candidates.length === 0) return wordsOf(chunk)
  return candidates.flatMap((candidate, n) =>
    wordsOf({ candidates: [candidate] }, { choice: place(candidate.index) ?? n }),
  )
}

const candidatesIn = ({ candidates }: JsonObject): readonly JsonObject[] =>
  Array.isArray(candidates) ? candidates.filter(isObject) : []

const partsIn = ({ content }: JsonObject): readonly JsonObject[] =>
  isObject(content) && Array.isArray(content.parts) ? content.parts.filter(isObject) : []

const hasContent = (chunk: JsonObject): boolean =>
  candidatesIn(chunk).some(candidate => partsIn(candidate).some(isSpoken))

const silent: ReadonlySet<string> = new Set(['text', 'thought', 'thoughtSignature'])

/** An empty text, which only carries a signature, is not speech. */
const isSpoken = (part: JsonObject): boolean =>
  (typeof part.text === 'string' && part.text !== '') || Object.keys(part).some(name => !silent.has(name))

/** Why the first candidate that says so stopped, or why the prompt was blocked. */
function reasonIn(chunk: JsonObject): string | undefined {
  const reason = candidatesIn(chunk)
    .map(candidate => candidate.finishReason)
    .find(isReason)
  if (reason !== undefined) return reason
  const blocked = isObject(chunk.promptFeedback) ? chunk.promptFeedback.blockReason : undefined
  return typeof blocked === 'string' ? blocked : undefined
}

const usageName = '"usageMetadata"'

/** The last usage report in these bytes: it grows with every chunk. Only the report is parsed, not what it stands in. */
function lastUsage(bytes: Buffer): ReturnType<typeof readUsage> {
  const at = bytes.lastIndexOf(usageName)
  if (at === -1) return undefined
  const [report] = elementsIn(bytes.subarray(at + usageName.length))
  return report && readUsage(objectIn(report.toString()) ?? objectIn(unbroken(report.toString())))
}

/** JSON that stands in several lines of data, or in a part of them. */
const unbroken = (data: string): string => data.replace(/[\r\n]data:/g, ' ')

/** What a whole reply says of itself. */
export const glanceAnswer: AnswerReader['glance'] = (body, wire, operation) => {
  const fault = faultInside(body, wire)
  if (fault) return [{ type: 'fault', fault }]
  const events: Event[] = operation !== 'chat' || hasContent(body) ? [{ type: 'content' }] : []
  const reason = reasonIn(body)
  if (reason !== undefined) events.push({ type: 'stop', reason })
  const usage = readUsage(body.usageMetadata)
  if (usage) events.push({ type: 'usage', usage })
  return events
}
