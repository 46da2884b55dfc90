import type { Message } from '../../model/chat.ts'
import type { Part, ReasoningPart, TextPart } from '../../model/part.ts'
import { dialectId } from './id.ts'

/**
 * What another dialect has signed, put together again: a thought, or a text. We streamed it as it came, its signature last,
 * and Google's chats hand back a part, or a whole content, for each chunk. For its maker the words and the signature are one
 * thing. `written` are the parts that the caller marked as thoughts.
 */
export function withWholeThoughts(messages: readonly Message[], written: ReadonlySet<Part>): readonly Message[] {
  const said: Said[] = []
  for (const message of messages) {
    const parts: Part[] = []
    said.push({ message, parts })
    for (const part of message.parts) parts.push(endsWords(part, written) ? withWords(said, part) : part)
  }
  return said.flatMap(({ message, parts }) =>
    parts.length > 0 || message.parts.length === 0 ? [{ ...message, parts }] : [],
  )
}

/** A message, and what of it has been said so far. */
type Said = { readonly message: Message; readonly parts: Part[] }

type Signed = ReasoningPart | TextPart

/** A text that is signed as it stands needs no words of others. */
function endsWords(part: Part, written: ReadonlySet<Part>): part is Signed {
  if (part.type !== 'reasoning' && part.type !== 'text') return false
  if (part.seal === undefined || part.seal.dialect === dialectId) return false
  return part.type === 'text' ? part.text === '' : written.has(part)
}

const isUnsigned = (part: Part | undefined, type: Signed['type']): part is Signed =>
  part?.type === type && part.seal === undefined

/** Takes the words off the end of what was said before, as far as nobody else speaks. */
function withWords(said: readonly Said[], signature: Signed): Signed {
  const words: string[] = []
  let at = signature.at
  for (let i = said.length - 1; i >= 0; i--) {
    const { message, parts } = said[i] as Said
    if (message.role !== 'assistant') break
    for (let last = parts.at(-1); isUnsigned(last, signature.type); last = parts.at(-1)) {
      words.push(last.text)
      at = last.at
      parts.pop()
    }
    if (parts.length > 0) break
  }
  return { ...signature, text: words.toReversed().join('') + signature.text, at }
}
