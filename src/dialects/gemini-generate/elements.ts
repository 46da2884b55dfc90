import { Held } from '../../lib/held.ts'
import type { Cutter } from '../dialect.ts'

/** Finds the elements of a JSON array in its bytes as they come, without parsing: by brackets, strings and escapes. */

const QUOTE = 34
const BACKSLASH = 92
const OPEN_BRACKET = 91
const CLOSE_BRACKET = 93
const OPEN_BRACE = 123
const CLOSE_BRACE = 125
const nothing = new Uint8Array(0)

/** The longest element that is waited for. Whole files travel in some (an image is 20 MB in base64). */
const longest = 64 * 1024 * 1024

/** Where an array stands after the bytes that it has seen. */
class Scan {
  #depth = 0
  #inArray = false
  #inString = false
  /** The last read ended in a string, with an odd number of backslashes. */
  #escaping = false

  /** The index after the last element, or the array itself, that these bytes close; 0 if they close none. */
  lastEnd(bytes: Uint8Array): number {
    let last = 0
    for (let i = 0; i < bytes.length; i++) {
      if (this.#inString || bytes[i] === QUOTE) {
        i = this.#skipString(bytes, this.#inString ? i : i + 1)
      } else if (this.#closes(bytes[i])) last = i + 1
    }
    return last
  }

  /** The index of the quote that ends the string, or of the last byte. Long strings are skipped by a native search. */
  #skipString(bytes: Uint8Array, from: number): number {
    this.#inString = true
    for (let quote = bytes.indexOf(QUOTE, from); quote !== -1; quote = bytes.indexOf(QUOTE, quote + 1)) {
      if (this.#oddBackslashes(bytes, from, quote)) continue
      this.#inString = false
      this.#escaping = false
      return quote
    }
    this.#escaping = this.#oddBackslashes(bytes, from, bytes.length)
    return bytes.length
  }

  /** Whether what stands at an index is escaped. The backslashes before it may begin in an earlier read. */
  #oddBackslashes(bytes: Uint8Array, from: number, at: number): boolean {
    let start = at
    while (start > from && bytes[start - 1] === BACKSLASH) start--
    const odd = (at - start) % 2 === 1
    return start === from && this.#escaping ? !odd : odd
  }

  #closes(byte: number | undefined): boolean {
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      if (this.#depth++ === 0) this.#inArray = byte === OPEN_BRACKET
      return false
    }
    if (byte !== CLOSE_BRACE && byte !== CLOSE_BRACKET) return false
    this.#depth--
    return this.#depth <= 0 || (this.#depth === 1 && this.#inArray)
  }
}

/** Cuts what the network brings at the ends of the array's elements. What it gives back, joined, is what it was given. */
export class ElementCutter implements Cutter {
  readonly #scan = new Scan()
  readonly #held: Held = new Held(longest, 'An element of the array')

  push(read: Uint8Array): Uint8Array {
    const cut = this.#scan.lastEnd(read)
    if (cut === 0) {
      this.#held.add(read)
      return nothing
    }
    const whole = this.#held.release(read.subarray(0, cut))
    if (cut < read.length) this.#held.add(read.subarray(cut))
    return whole
  }

  end(): Uint8Array {
    return this.#held.release()
  }
}

/** The objects in bytes that hold whole elements: what stands between them (brackets, commas, white space) is left out. */
export function elementsIn(bytes: Buffer): Buffer[] {
  const elements: Buffer[] = []
  for (let from = bytes.indexOf(OPEN_BRACE); from !== -1; ) {
    const end = objectEnd(bytes, from)
    elements.push(bytes.subarray(from, end))
    from = bytes.indexOf(OPEN_BRACE, end)
  }
  return elements
}

/** The index after the object that begins here; the end of the bytes if it does not end. */
function objectEnd(bytes: Buffer, from: number): number {
  let depth = 0
  for (let i = from; i < bytes.length; i++) {
    const byte = bytes[i]
    if (byte === QUOTE) i = stringEnd(bytes, i + 1)
    else if (byte === OPEN_BRACE) depth++
    else if (byte === CLOSE_BRACE && --depth === 0) return i + 1
  }
  return bytes.length
}

function stringEnd(bytes: Buffer, from: number): number {
  for (let quote = bytes.indexOf(QUOTE, from); quote !== -1; quote = bytes.indexOf(QUOTE, quote + 1)) {
    let start = quote
    while (start > from && bytes[start - 1] === BACKSLASH) start--
    if ((quote - start) % 2 === 0) return quote
  }
  return bytes.length
}
