/** One message of an AWS event stream: what it is, by its headers, and what it says. Only headers of text are kept. */
export type EventMessage = { readonly headers: ReadonlyMap<string, string>; readonly payload: Uint8Array }

/** A message whose bytes are not what their checksums say. */
export class DamagedStream extends Error {
  override readonly name = 'DamagedStream'
}

const none = new Uint8Array(0)
const utf8 = new TextDecoder('utf-8', { fatal: true })
const encoder = new TextEncoder()

/** Two lengths and their checksum. */
const preludeBytes = 12
const checksumBytes = 4
const leastMessage = preludeBytes + checksumBytes
/** A payload may have 24 MB and the headers 128 kB (Smithy's "Amazon Event Stream" specification). */
const mostMessage = 24 * 1024 * 1024 + 128 * 1024 + leastMessage

/**
 * Cuts what the network brings at the ends of messages. The concatenation of all that `push` and `end` return is the
 * input, byte for byte. Where a prelude is damaged no end can be found: from there on bytes go through as they come, and
 * whoever reads them says what is wrong.
 */
export class MessageCutter {
  #held: Uint8Array[] = []
  #bytes = 0
  /** So many bytes make the next step possible: a prelude, or the message that one announces. */
  #wanted = preludeBytes

  /** The whole messages that are complete with this read: possibly none, and then an empty array. */
  push(read: Uint8Array): Uint8Array {
    this.#held.push(read)
    this.#bytes += read.length
    if (this.#bytes < this.#wanted) return none
    const bytes = this.end()
    const whole = this.#wholeBytes(bytes)
    if (whole < bytes.length) this.#held = [bytes.subarray(whole)]
    this.#bytes = bytes.length - whole
    return bytes.subarray(0, whole)
  }

  /** What came after the last whole message. */
  end(): Uint8Array {
    const [first = none] = this.#held
    const bytes = this.#held.length > 1 ? Buffer.concat(this.#held) : first
    this.#held = []
    this.#bytes = 0
    return bytes
  }

  #wholeBytes(bytes: Uint8Array): number {
    let at = 0
    for (;;) {
      this.#wanted = preludeBytes
      if (bytes.length - at < preludeBytes) return at
      const { total, sound } = preludeAt(bytes, at)
      if (!sound) return bytes.length
      this.#wanted = total
      if (bytes.length - at < total) return at
      at += total
    }
  }
}

type Prelude = { readonly total: number; readonly headers: number; readonly sound: boolean }

function preludeAt(bytes: Uint8Array, at: number): Prelude {
  const total = uint32(bytes, at)
  const headers = uint32(bytes, at + 4)
  const possible = total >= leastMessage + headers && total <= mostMessage
  return { total, headers, sound: possible && uint32(bytes, at + 8) === crc32(bytes.subarray(at, at + 8)) }
}

/** Several are read for each piece of a stream, and a view to read one with costs more than the reading. */
const uint32 = (bytes: Uint8Array, at: number): number =>
  (((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>> 0

const crc32 = (bytes: Uint8Array): number => Bun.hash.crc32(bytes)

/** The messages in whole frames, one by one, until a `DamagedStream` is thrown at the first that is none. */
export function* messagesIn(frames: Uint8Array): Generator<EventMessage, void> {
  for (let at = 0; at < frames.length; ) {
    if (frames.length - at < preludeBytes) throw new DamagedStream('A message of the stream is cut off.')
    const { total, headers, sound } = preludeAt(frames, at)
    if (!sound) throw new DamagedStream('The prelude of a message does not match its checksum.')
    if (frames.length - at < total) throw new DamagedStream('A message of the stream is cut off.')
    yield messageIn(frames.subarray(at, at + total), headers)
    at += total
  }
}

function messageIn(bytes: Uint8Array, headerBytes: number): EventMessage {
  const end = bytes.length - checksumBytes
  if (uint32(bytes, end) !== crc32(bytes.subarray(0, end)))
    throw new DamagedStream('A message does not match its checksum.')
  const start = preludeBytes + headerBytes
  return { headers: headersIn(bytes.subarray(preludeBytes, start)), payload: bytes.subarray(start, end) }
}

/** How many bytes a value has, by its type: truths, numbers, and after the texts a time and an identifier. */
const fixedSizes: ReadonlyMap<number, number> = new Map([
  [0, 0],
  [1, 0],
  [2, 1],
  [3, 2],
  [4, 4],
  [5, 8],
  [8, 8],
  [9, 16],
])
const bytesType = 6
const textType = 7

/** Pieces of one kind have the same headers to the byte, and to read them costs more than to read what is said. */
const knownHeaders = new Map<string, ReadonlyMap<string, string>>()
const mostKnown = 100
const longestKnown = 300

function headersIn(bytes: Uint8Array): ReadonlyMap<string, string> {
  const name = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
  const known = knownHeaders.get(name)
  if (known) return known
  const headers = readHeaders(bytes)
  if (knownHeaders.size < mostKnown && name.length <= longestKnown) knownHeaders.set(name, headers)
  return headers
}

function readHeaders(bytes: Uint8Array): ReadonlyMap<string, string> {
  const headers = new Map<string, string>()
  try {
    for (let at = 0; at < bytes.length; ) at = readHeader(bytes, at, headers)
  } catch (error) {
    throw new DamagedStream('The headers of a message cannot be read.', { cause: error })
  }
  return headers
}

function readHeader(bytes: Uint8Array, at: number, headers: Map<string, string>): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const nameEnd = at + 1 + view.getUint8(at)
  const name = utf8.decode(bytes.subarray(at + 1, nameEnd))
  const type = view.getUint8(nameEnd)
  const fixed = fixedSizes.get(type)
  if (fixed !== undefined) return nameEnd + 1 + fixed
  if (type !== textType && type !== bytesType) throw new RangeError(`Unknown type ${type}.`)
  const start = nameEnd + 3
  const end = start + view.getUint16(nameEnd + 1)
  if (end > bytes.length) throw new RangeError('A value is cut off.')
  if (type === textType) headers.set(name, utf8.decode(bytes.subarray(start, end)))
  return end
}

/** A message of our own, with headers of text. */
export function eventMessage(headers: Readonly<Record<string, string>>, payload: Uint8Array | string): Uint8Array {
  const head = Buffer.concat(Object.entries(headers).map(headerBytes))
  const body = typeof payload === 'string' ? encoder.encode(payload) : payload
  const message = Buffer.alloc(leastMessage + head.length + body.length)
  message.writeUInt32BE(message.length, 0)
  message.writeUInt32BE(head.length, 4)
  message.writeUInt32BE(crc32(message.subarray(0, 8)), 8)
  message.set(head, preludeBytes)
  message.set(body, preludeBytes + head.length)
  const end = message.length - checksumBytes
  message.writeUInt32BE(crc32(message.subarray(0, end)), end)
  return message
}

function headerBytes([name, value]: [string, string]): Uint8Array {
  const key = Buffer.from(name)
  const text = Buffer.from(value)
  const size = Buffer.alloc(2)
  size.writeUInt16BE(text.length, 0)
  return Buffer.concat([Buffer.of(key.length), key, Buffer.of(textType), size, text])
}
