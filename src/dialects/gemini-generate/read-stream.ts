import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import { noteNumbers } from '../../model/numbers.ts'
import { quoted, say } from '../../model/sentence.ts'
import type { StreamReader } from '../dialect.ts'
import { frameReader, sseIn } from '../frames.ts'
import { unreadable } from '../provider-fault.ts'
import { elementsIn } from './elements.ts'
import { ReplyReader } from './read-reply.ts'

/** Reads a stream in full: each event is a whole response in the form of a reply that is not streamed. */
export function reader(maker: string): StreamReader {
  const reply = new ReplyReader(maker, true)
  return frameReader(chunksIn, text => reply.read(parsed(text), text))
}

/**
 * The chunks as JSON texts. An error in the middle of a stream may come bare, without `data:`, on several lines; and a
 * caller may have asked for one JSON array.
 */
function* chunksIn(frames: Uint8Array): Generator<string, void> {
  if (isOfArray(frames)) {
    for (const element of elementsIn(Buffer.from(frames.buffer, frames.byteOffset, frames.byteLength)))
      yield element.toString()
    return
  }
  for (const { data } of sseIn(frames)) yield data
  const bare = /^[{[][\s\S]*/m.exec(Buffer.from(frames.buffer, frames.byteOffset, frames.byteLength).toString())
  if (bare) yield bare[0]
}

const [space, comma, openBracket, closeBracket, openBrace] = Buffer.from(' ,[]{')

/** It begins as no event does. */
function isOfArray(frames: Uint8Array): boolean {
  const first = frames.find(byte => byte > (space ?? 0))
  return first === comma || first === openBracket || first === closeBracket || first === openBrace
}

function parsed(text: string): JsonObject {
  const value = jsonIn(text)
  const chunk = Array.isArray(value) ? value.find(isObject) : value
  if (isObject(chunk)) return chunk
  throw unreadable(say`its stream has what is no JSON object: ${quoted(text.slice(0, 60))}`)
}

function jsonIn(text: string): Json {
  try {
    const value = JSON.parse(text) as Json
    noteNumbers(value, text)
    return value
  } catch (cause) {
    throw unreadable(say`its stream has what is no JSON: ${quoted(text.slice(0, 60))}`, cause)
  }
}
