/** Finds lines in the bytes of whole frames, without making text of the rest. A line ends by LF, CRLF or CR. */

const LF = 10
const CR = 13

/** The index of the line's end; the CR of a CRLF is left at the line's end, where JSON does not mind it. */
export function lineEnd(bytes: Buffer, at: number): number {
  const feed = bytes.indexOf(LF, at)
  if (feed !== -1) return feed
  const end = bytes.indexOf(CR, at)
  return end === -1 ? bytes.length : end
}

function lineStart(bytes: Buffer, at: number): number {
  const feed = bytes.lastIndexOf(LF, at)
  return (feed === -1 ? bytes.lastIndexOf(CR, at) : feed) + 1
}

/** The lines in which one of the markers stands, from a place on, in their order and each once. */
export function linesWith(bytes: Buffer, markers: readonly string[], from: number): readonly string[] {
  const marks = markers.flatMap(marker => placesOf(bytes, marker, from)).sort((a, b) => a - b)
  const lines: string[] = []
  let read = -1
  for (const mark of marks) {
    if (mark < read) continue
    read = lineEnd(bytes, mark)
    lines.push(bytes.toString('utf8', lineStart(bytes, mark), read))
  }
  return lines
}

function placesOf(bytes: Buffer, marker: string, from: number): readonly number[] {
  const places: number[] = []
  for (let at = bytes.indexOf(marker, from); at !== -1; at = bytes.indexOf(marker, at + marker.length)) places.push(at)
  return places
}
