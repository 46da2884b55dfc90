import type { Message } from '../../model/chat.ts'
import type { Part, ReasoningPart, TextPart } from '../../model/part.ts'
import { dialectId } from './id.ts'

/**
 * What another dialect has signed, put together again: a thought, or a text. We streamed it as it came, its signature last,
 * and Google's chats hand back a part, or a whole content, for each chunk. For its maker the words and the signature are one
 * thing. `written` are the parts that the caller marked as thoughts.
 */
export function withWholeThoughts(messages: readonly Message[], written: ReadonlySet<Part>): readonly Message[] {
  const whole: Message[] = []
  for (const message of messages) {
    whole.push({ ...message, parts: [] })
    for (const part of message.parts) add(whole, endsWords(part, written) ? withWords(whole, part) : part)
  }
  return whole.filter(({ parts }, i) => parts.length > 0 || messages[i]?.parts.length === 0)
}

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
function withWords(said: Message[], signature: Signed): Signed {
  let { text } = signature
  let at = signature.at
  for (let i = said.length - 1; i >= 0 && said[i]?.role === 'assistant'; i--) {
    const parts = [...(said[i]?.parts ?? [])]
    for (let last = parts.at(-1); isUnsigned(last, signature.type); last = parts.at(-1)) {
      text = last.text + text
      at = last.at
      parts.pop()
    }
    replace(said, i, parts)
    if (parts.length > 0) break
  }
  return { ...signature, text, at }
}

const add = (said: Message[], part: Part): void => replace(said, said.length - 1, [...(said.at(-1)?.parts ?? []), part])

function replace(said: Message[], index: number, parts: readonly Part[]): void {
  const message = said[index]
  if (message) said[index] = { ...message, parts }
}
