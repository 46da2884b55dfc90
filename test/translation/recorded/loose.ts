import { createParser } from 'eventsource-parser'
import type { Exchange } from '../exchanges.ts'
import type { Meaning, Stop } from '../meaning.ts'

// biome-ignore lint/suspicious/noExplicitAny: recordings of forty providers have no common type.
export type Loose = any

/** What the JSON texts of a reply mean: one if it is whole, else one an event. */
export type Reading = (chunks: readonly Loose[], streamed: boolean) => Meaning

/** The JSON texts of a reply. */
export function chunksOf({ bytes, streamed, contentType }: Exchange): readonly Loose[] {
  if (!streamed) return [JSON.parse(bytes.toString())]
  if (contentType.includes('amazon')) return framesOf(bytes)
  if (contentType.includes('json')) return JSON.parse(bytes.toString())
  const chunks: Loose[] = []
  const parser = createParser({
    onEvent: ({ data }) => {
      if (data.trimStart().startsWith('{')) chunks.push(JSON.parse(data))
    },
  })
  parser.feed(bytes.toString())
  parser.feed('\n\n')
  return chunks
}

/** Amazon's binary frames: lengths, headers, payload (docs.aws.amazon.com, "Event stream encoding"). */
function framesOf(bytes: Buffer): Loose[] {
  const frames: Loose[] = []
  for (let at = 0; at < bytes.length; at += bytes.readUInt32BE(at)) {
    const headersEnd = at + 12 + bytes.readUInt32BE(at + 4)
    // A name, a byte that says that a text follows, two for its length, and the text.
    const [, type = 'exception'] = /:event-type...(\w+)/s.exec(bytes.toString('latin1', at + 12, headersEnd)) ?? []
    frames.push({ [type]: JSON.parse(bytes.toString('utf8', headersEnd, at + bytes.readUInt32BE(at) - 4) || '{}') })
  }
  return frames
}

/** What a provider's word for a stop means. A word that is not there says nothing, and so does an empty one. */
export function stopIn(
  word: string | number | null | undefined,
  words: Readonly<Record<string, Stop>>,
  tools: boolean,
): Stop {
  if (word === undefined || word === null || word === '') return 'untold'
  const stop = words[word] ?? 'other'
  return stop === 'end' && tools ? 'tools' : stop
}

export const last = <T>(values: readonly T[]): T | undefined => values.at(-1)

/** A text, or parts of which those of text are what is said (Mistral's others are thoughts and references). */
export function textIn(content: Loose): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return content ? JSON.stringify(content) : ''
  return content.map((part: Loose) => (part.type === 'text' ? part.text : '')).join('')
}
