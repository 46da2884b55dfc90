import { type Field, fieldsOf, UneditableJson } from '../../lib/json-edit.ts'
import { frameEnd, frameStart, goesOn, lineEnd, lineStart } from '../../lib/sse-scan.ts'
import { isObject, type JsonObject, objectIn } from '../../model/json.ts'

/** Takes the usage report out of a stream whose caller did not ask for it. */

const LF = 10
const CR = 13
const COMMA = 44
const COLON = 58
const SMALL_N = 110
const CLOSE_BRACE = 125

/** A part of a batch that is to go, of no length if nothing is, and where to look on. */
type Cut = { readonly from: number; readonly to: number; readonly next: number }

/**
 * Takes out the chunk that has usage and no choices, and the field `usage` where it says null. The bytes are moved together
 * where they are: a stream of which we asked the usage has a null in every chunk.
 */
export function withoutUsage(bytes: Buffer, frames: Uint8Array): Uint8Array {
  const cuts: Cut[] = []
  let at = bytes.indexOf(usageName)
  while (at !== -1) {
    const cut = isPlainNull(bytes, at) ? { from: at - 1, to: at + 12, next: at + 12 } : cutAround(bytes, at)
    if (cut && cut.to > cut.from) cuts.push(cut)
    at = bytes.indexOf(usageName, cut?.next ?? lineEnd(bytes, at))
  }
  return cuts.length === 0 ? frames : compact(bytes, cuts)
}

const usageName = Buffer.from('"usage"')

/** `,"usage":null` right before the brace and the frame's end: so it stands at the top level, whatever comes before it. */
function isPlainNull(bytes: Buffer, at: number): boolean {
  return (
    bytes[at - 1] === COMMA &&
    bytes[at + 7] === COLON &&
    bytes[at + 8] === SMALL_N &&
    bytes[at + 12] === CLOSE_BRACE &&
    (bytes[at + 13] === LF
      ? !goesOn(bytes, at + 13)
      : bytes[at + 13] === CR && bytes[at + 14] === LF && !goesOn(bytes, at + 14))
  )
}

/** What has to go of the line in which the name stands, found by parsing it. In Latin-1 a character is a byte. */
function cutAround(bytes: Buffer, at: number): Cut | undefined {
  const from = lineStart(bytes, at)
  const end = lineEnd(bytes, at)
  const line = bytes.toString('latin1', from, end)
  const chunk = line.startsWith('data:') && !goesOn(bytes, end) ? objectIn(line.slice(5)) : undefined
  if (!chunk) return cutInFrame(bytes, at)
  if (chunk.usage === null) return cutField(line.slice(5), from + 5, end)
  if (!isReport(chunk)) return undefined
  if (frameStart(bytes, from) < from) return cutInFrame(bytes, at)
  const to = frameEnd(bytes, end)
  return { from, to, next: to }
}

/** The same of a frame that is more than this line. */
function cutInFrame(bytes: Buffer, at: number): Cut {
  const from = frameStart(bytes, at)
  const to = frameEnd(bytes, at)
  const data = dataAlone(bytes.toString('latin1', from, to))
  const chunk = objectIn(data)
  if (chunk?.usage === null) return cutField(data, from, to)
  return { from: chunk && isReport(chunk) ? from : to, to, next: to }
}

/**
 * A frame with white space for all that is not its data. JSON that stands in several lines is broken where it may have white
 * space, so what is cut out of it begins and ends in data.
 */
const dataAlone = (frame: string): string =>
  frame.replace(/^data:|^(?!data:)[^\r\n]+/gm, found => ' '.repeat(found.length))

const isReport = ({ usage, choices }: JsonObject): boolean =>
  isObject(usage) && Array.isArray(choices) && choices.length === 0

/** The field `usage` with the comma that goes with it. */
function cutField(data: string, offset: number, next: number): Cut {
  const fields = editable(data)
  const n = fields.findIndex(({ name }) => name === 'usage')
  const field = fields[n]
  if (!field) return { from: next, to: next, next }
  const before = fields[n - 1]
  const from = before?.end ?? field.from
  const to = before ? field.end : (fields[n + 1]?.from ?? field.end)
  return { from: offset + from, to: offset + to, next }
}

/** No fields of a chunk that two parsers could read differently: it is the caller's to have as it is. */
function editable(data: string): readonly Field[] {
  try {
    return fieldsOf(data)
  } catch (error) {
    if (error instanceof UneditableJson) return []
    throw error
  }
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
