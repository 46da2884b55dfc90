import type { JsonObject } from '../../model/json.ts'

/**
 * How the chunks of a stream are put on the wire: as server-sent events, with Google's line ends, or as the elements of one
 * JSON array, which a client gets that did not ask for `alt=sse`.
 */
const encoder = new TextEncoder()

export const sse = (chunk: JsonObject): Uint8Array => encoder.encode(`data: ${JSON.stringify(chunk)}\r\n\r\n`)

/** An element of the array; the first one opens it. */
export const element = (chunk: JsonObject, first: boolean): Uint8Array =>
  encoder.encode((first ? '[' : '\n,\r\n') + JSON.stringify(chunk))

/**
 * The last element, with what closes the array. A failure closes it too: a parser that reads the array as a whole could tell
 * nothing of it otherwise. What tells it from a whole reply is the element itself: it has an error and no finish reason.
 */
export const lastElement = (chunk: JsonObject, first: boolean): Uint8Array =>
  encoder.encode(`${first ? '[' : '\n,\r\n'}${JSON.stringify(chunk)}\n]`)
