import type { Composed, StreamReader } from '../../dialects/dialect.ts'
import type { Answer } from '../../model/answer.ts'
import type { Delta } from '../../model/delta.ts'
import type { Part } from '../../model/part.ts'

/** Replies of a target that knows some tools by other names: told by those that the caller gave them. */

type Names = Composed['names']

export function inCallersNames(answer: Answer, names: Names): Answer {
  if (!names) return answer
  const renamed = (part: Part): Part =>
    part.type === 'tool-call' ? { ...part, name: names.get(part.name) ?? part.name } : part
  return { ...answer, choices: answer.choices.map(choice => ({ ...choice, parts: choice.parts.map(renamed) })) }
}

/** For a stream that is told again: nobody goes on behind its own frames. */
export function readingInCallersNames(reader: StreamReader, names: Names): StreamReader {
  if (!names) return reader
  const renamed = (delta: Delta): Delta =>
    delta.type === 'tool' ? { ...delta, name: names.get(delta.name) ?? delta.name } : delta
  return { read: frames => reader.read(frames).map(renamed) }
}
