/** Finds lines in the bytes of whole frames, without making text of the rest. A line ends by LF, CRLF or CR. */

const LF = 10
const CR = 13

/** The same bytes, with the searches of a Buffer. */
export const bufferOf = (frames: Uint8Array): Buffer => Buffer.from(frames.buffer, frames.byteOffset, frames.byteLength)

/**
 * The index of the line's end; the CR of a CRLF is left at the line's end, where JSON does not mind it. In bytes that have
 * both, a line that ends by CR alone is taken together with those behind it: to look for the nearer of the two at every line
 * would be to search all bytes for a CR. Who cannot understand such a line reads its frame.
 */
export function lineEnd(bytes: Buffer, at: number): number {
  const feed = bytes.indexOf(LF, at)
  if (feed !== -1) return feed
  const end = bytes.indexOf(CR, at)
  return end === -1 ? bytes.length : end
}

/** Where the line of this place begins; the counterpart of `lineEnd`. */
export function lineStart(bytes: Buffer, at: number): number {
  const feed = bytes.lastIndexOf(LF, at)
  return (feed === -1 ? bytes.lastIndexOf(CR, at) : feed) + 1
}

/** Whether a line that ends here is followed by another of the same frame. */
export function goesOn(bytes: Buffer, lineEnd: number): boolean {
  const next = bytes[lineEnd + 1]
  return next !== undefined && next !== LF && next !== CR
}

const isEnd = (byte: number | undefined): boolean => byte === LF || byte === CR

/** The index after the blank line before this place, whatever its lines end by; where the bytes begin if there is none. */
export function frameStart(bytes: Buffer, at: number): number {
  for (let i = at - 1; i >= 0; i--) {
    if (!isEnd(bytes[i])) continue
    if (bytes[i] === LF && bytes[i - 1] === CR) i--
    if (isEnd(bytes[i - 1])) return afterEnd(bytes, i)
  }
  return 0
}

/** The index after the blank line behind this place, whatever its lines end by; where the bytes end if there is none. */
export function frameEnd(bytes: Buffer, at: number): number {
  for (let i = at; i < bytes.length; i++) {
    if (!isEnd(bytes[i])) continue
    const next = afterEnd(bytes, i)
    if (isEnd(bytes[next])) return afterEnd(bytes, next)
    i = next - 1
  }
  return bytes.length
}

const afterEnd = (bytes: Buffer, end: number): number => end + (bytes[end] === CR && bytes[end + 1] === LF ? 2 : 1)

/** What a line is looked for by. */
export type Marker = { readonly text: Buffer; readonly counts: ((bytes: Buffer, end: number) => boolean) | undefined }

/** `counts` looks closer, at what stands behind the text. The text is kept as bytes: as a string it is made anew for each search. */
export const markerOf = (text: string, counts?: Marker['counts']): Marker => ({ text: Buffer.from(text), counts })

/** The places at which one of the markers stands, from one on, in their order. */
export function placesOf(bytes: Buffer, markers: readonly Marker[], from: number): readonly number[] {
  const places: number[] = []
  for (const marker of markers) find(bytes, marker, from, places)
  return places.sort((a, b) => a - b)
}

function find(bytes: Buffer, { text, counts }: Marker, from: number, places: number[]): void {
  for (let at = bytes.indexOf(text, from); at !== -1; at = bytes.indexOf(text, at + text.length))
    if (!counts || counts(bytes, at + text.length)) places.push(at)
}
