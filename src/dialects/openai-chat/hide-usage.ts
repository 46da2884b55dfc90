import { dropFields, fieldsOf } from '../../lib/json-edit.ts'
import { lineEnd, lineStart } from '../../lib/sse-scan.ts'
import { isObject, objectIn } from '../../model/json.ts'

/** Takes the usage report out of a stream whose caller did not ask for it. */

const LF = 10
const CR = 13
const COMMA = 44
const COLON = 58
const SMALL_N = 110
const CLOSE_BRACE = 125

/** A part of a batch that is to go. */
type Cut = { readonly from: number; readonly to: number }

/**
 * Takes out the chunk that has usage and no choices, and the field `usage` where it says null. The bytes are moved together
 * where they are: a stream of which we asked the usage has a null in every chunk.
 */
export function withoutUsage(bytes: Buffer, frames: Uint8Array): Uint8Array {
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
  const chunk = objectIn(line.slice(5))
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
