import type { StreamReader } from '../../dialects/dialect.ts'
import type { Answer } from '../../model/answer.ts'
import { type Delta, isOfBlock } from '../../model/delta.ts'
import { Fault } from '../../model/fault.ts'

/**
 * A reply that is nothing but a call which its own provider could not read (Gemini's MALFORMED_FUNCTION_CALL) has nothing to
 * tell, and most dialects have no word for it but an ordinary stop. Another, or the same model once more, may do better.
 */
export function unbroken(answer: Answer): Answer {
  const [first] = answer.choices
  if (first?.stop?.reason !== 'malformed' || answer.choices.some(({ parts }) => parts.length > 0)) return answer
  throw brokenCall(first.stop.raw)
}

/** The same of a stream: the stop is a fault, unless something was said before it. */
export function unbrokenReader(reader: StreamReader): StreamReader {
  let spoken = false

  function heeded(delta: Delta): Delta {
    spoken ||= isOfBlock(delta)
    if (spoken || delta.type !== 'stop' || delta.reason !== 'malformed') return delta
    return { type: 'fault', fault: brokenCall(delta.raw) }
  }

  return {
    ...reader,
    read(frames) {
      const deltas = reader.read(frames)
      return spoken ? deltas : deltas.map(heeded)
    },
  }
}

const brokenCall = (raw = 'malformed'): Fault =>
  new Fault('upstream_failed', `The provider failed inside its reply: its model wrote a call that is none (${raw}).`)
