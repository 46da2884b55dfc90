/** Finds lines in the bytes of whole frames, without making text of the rest. A line ends by LF, CRLF or CR. */

const LF = 10
const CR = 13

/** The same bytes, with the searches of a Buffer. */
export const bufferOf = (frames: Uint8Array): Buffer => Buffer.from(frames.buffer, frames.byteOffset, frames.byteLength)

/** The index of the line's end; the CR of a CRLF is left at the line's end, where JSON does not mind it. */
export function lineEnd(bytes: Buffer, at: number): number {
  const feed = bytes.indexOf(LF, at)
  if (feed !== -1) return feed
  const end = bytes.indexOf(CR, at)
  return end === -1 ? bytes.length : end
}

export function lineStart(bytes: Buffer, at: number): number {
  const feed = bytes.lastIndexOf(LF, at)
  return (feed === -1 ? bytes.lastIndexOf(CR, at) : feed) + 1
}

/** What a line is looked for by. */
export type Marker = { readonly text: Buffer; readonly counts: ((bytes: Buffer, end: number) => boolean) | undefined }

/** `counts` looks closer, at what stands behind the text. The text is kept as bytes: as a string it is made anew for each search. */
export const markerOf = (text: string, counts?: Marker['counts']): Marker => ({ text: Buffer.from(text), counts })

/** The lines in which one of the markers stands, from a place on, in their order and each once. */
export function linesWith(bytes: Buffer, markers: readonly Marker[], from: number): readonly string[] {
  const places: number[] = []
  for (const marker of markers) find(bytes, marker, from, places)
  const lines: string[] = []
  let read = -1
  for (const place of places.sort((a, b) => a - b)) {
    if (place < read) continue
    read = lineEnd(bytes, place)
    lines.push(bytes.toString('utf8', lineStart(bytes, place), read))
  }
  return lines
}

function find(bytes: Buffer, { text, counts }: Marker, from: number, places: number[]): void {
  for (let at = bytes.indexOf(text, from); at !== -1; at = bytes.indexOf(text, at + text.length))
    if (!counts || counts(bytes, at + text.length)) places.push(at)
}
