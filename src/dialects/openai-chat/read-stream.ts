import type { StreamReader } from '../dialect.ts'
import { frameReader, objectOf, sseIn } from '../frames.ts'
import { ReplyReader } from './read-reply.ts'

/** Reads a stream in full: chunks of JSON, closed by `[DONE]`. */
export function reader(maker: string): StreamReader {
  const reply = new ReplyReader(maker, false)
  const frames = frameReader(sseIn, ({ data }) => {
    if (data === '') return []
    return data.trim() === '[DONE]' ? [...reply.end(), { type: 'done' }] : reply.read(objectOf(data), data)
  })
  return { ...frames, names: () => ({ id: reply.id ?? null }) }
}
