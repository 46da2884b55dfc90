import { Held } from './held.ts'

const LF = 10
const CR = 13
const none = new Uint8Array(0)
const encoder = new TextEncoder()

/** The longest frame that is waited for. Whole files travel in some (an image is 20 MB in base64). */
const maxFrame = 64 * 1024 * 1024

/**
 * Cuts what the network brings at the ends of frames, so that whatever is added to or taken from a stream lands between
 * two of them. The concatenation of all that `push` and `end` return is the input, byte for byte.
 */
export class FrameCutter {
  /** Made when it is needed: most reads end where a frame does. */
  #held: Held | undefined
  #last = 0
  #beforeLast = 0

  /** The whole frames that are complete with this read: possibly none, and then an empty array. */
  push(read: Uint8Array): Uint8Array {
    const cut = this.#lastEnd(read)
    this.#remember(read)
    if (cut === read.length && (this.#held === undefined || this.#held.isEmpty)) return read
    if (cut === 0) {
      this.#hold(read)
      return none
    }
    const whole = this.#held?.release(read.subarray(0, cut)) ?? read.subarray(0, cut)
    if (cut < read.length) this.#hold(read.subarray(cut))
    return whole
  }

  /** What came after the last whole frame. */
  end(): Uint8Array {
    return this.#held?.release() ?? none
  }

  #hold(bytes: Uint8Array): void {
    this.#held ??= new Held(maxFrame, 'A server-sent event')
    this.#held.add(bytes)
  }

  /** The index after the last blank line in this read, 0 if there is none. A line may end by LF, CRLF or CR. */
  #lastEnd(read: Uint8Array): number {
    for (let i = read.length - 1; i >= 0; i--) {
      const byte = read[i]
      if (byte !== LF && byte !== CR) continue
      const start = byte === LF && this.#at(read, i - 1) === CR ? i - 1 : i
      const before = this.#at(read, start - 1)
      // A CR after an LF that ends a read is the first half of a CRLF: its other half belongs to the same frame.
      const half = byte === CR && before === LF && i === read.length - 1
      if ((before === LF || before === CR) && !half) return i + 1
      i = start
    }
    return 0
  }

  #at(read: Uint8Array, index: number): number | undefined {
    return index >= 0 ? read[index] : index === -1 ? this.#last : index === -2 ? this.#beforeLast : undefined
  }

  #remember(read: Uint8Array): void {
    if (read.length === 0) return
    this.#beforeLast = read.length > 1 ? (read[read.length - 2] ?? 0) : this.#last
    this.#last = read[read.length - 1] ?? 0
  }
}

/** A frame of our own. `data` and the event's name must be one line. */
export const sseFrame = (data: string, event?: string): Uint8Array => encoder.encode(sseText(data, event))

export const sseText = (data: string, event?: string): string =>
  event === undefined ? `data: ${data}\n\n` : `event: ${event}\ndata: ${data}\n\n`

/** Frames of our own that leave together. */
export class FrameWriter {
  #text = ''

  add(data: string, event?: string): void {
    this.#text += sseText(data, event)
  }

  /** The bytes of what was added since they were last taken. */
  take(): Uint8Array {
    if (this.#text === '') return none
    const bytes = encoder.encode(this.#text)
    this.#text = ''
    return bytes
  }
}

/** What one frame says: its event's name, `message` if it has none, and its data, several lines joined. */
export type SseEvent = { readonly event: string; readonly data: string }

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * The events of whole frames (html.spec.whatwg.org, 9.2.6). Comments, ids and frames without data say nothing.
 * Throws a TypeError where the bytes are no UTF-8.
 */
export const eventsIn = (frames: Uint8Array): SseEvent[] => eventsOf(utf8.decode(frames))

/** The same of their text. */
export function eventsOf(text: string): SseEvent[] {
  const events: SseEvent[] = []
  let event = 'message'
  let data: string | undefined
  for (const line of linesOf(text)) {
    if (line === '') {
      if (data !== undefined) events.push({ event, data })
      event = 'message'
      data = undefined
    } else if (line.startsWith('data:')) {
      const value = fieldValue(line, 5)
      data = data === undefined ? value : `${data}\n${value}`
    } else if (line.startsWith('event:')) {
      event = fieldValue(line, 6)
    }
  }
  if (data !== undefined) events.push({ event, data })
  return events
}

/** Whether bytes that no blank line ends are a part of an event, of those whose data is JSON or a mark of the end. */
export function isHalfEvent(rest: Uint8Array): boolean {
  try {
    const events = eventsIn(rest)
    if (events.length === 0) return /^[^:\r\n]/m.test(utf8.decode(rest))
    return !events.every(({ data }) => data === '[DONE]' || isJson(data))
  } catch {
    // Half a character.
    return true
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** Nearly every stream ends its lines by LF alone, and to look for the others takes twice as long. */
const linesOf = (text: string): string[] => (text.includes('\r') ? text.split(/\r\n|\n|\r/) : text.split('\n'))

const SPACE = 32

const fieldValue = (line: string, from: number): string => line.slice(line.charCodeAt(from) === SPACE ? from + 1 : from)
