import { eventsIn } from '../../lib/sse.ts'
import type { Delta } from '../../model/delta.ts'
import { Fault } from '../../model/fault.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import type { StreamReader } from '../dialect.ts'
import { elementsIn } from './elements.ts'
import { ReplyReader } from './read-chunk.ts'

/** Streams in server-sent events: each is a whole response in the form of a reply that is not streamed. */
export function reader(maker: string): StreamReader {
  const reply = new ReplyReader(maker, true)

  function read(frames: Uint8Array): readonly Delta[] {
    const deltas: Delta[] = []
    try {
      for (const text of chunksIn(frames)) deltas.push(...reply.read(parse(text), text))
    } catch (error) {
      deltas.push({ type: 'fault', fault: faultOf(error) })
    }
    return deltas
  }

  return { read }
}

/**
 * The chunks as JSON texts. An error in the middle of a stream may come bare, without `data:`, on several lines; so do all
 * elements where the stream is one array.
 */
function chunksIn(frames: Uint8Array): readonly string[] {
  const chunks = eventsIn(frames).map(({ data }) => data)
  const bare = /^,? *[{[][\s\S]*/m.exec(Buffer.from(frames.buffer, frames.byteOffset, frames.byteLength).toString())
  return bare ? [...chunks, ...elementsIn(Buffer.from(bare[0])).map(String)] : chunks
}

function parse(text: string): JsonObject {
  const value = JSON.parse(text) as Json
  if (isObject(value)) return value
  throw new SyntaxError('no object')
}

/** No JSON, or no UTF-8: nothing that came after could be trusted. */
function faultOf(error: unknown): Fault {
  if (error instanceof Fault) return error
  return new Fault('upstream_failed', 'The provider sent a piece of its reply that is damaged.', { cause: error })
}
