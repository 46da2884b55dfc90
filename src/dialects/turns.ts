import type { Message } from '../model/chat.ts'

/**
 * Messages of which some that follow each other are one: `joins` is asked of the first of a run and the next. In time that
 * grows with their number, and no faster: whoever writes a request chooses how many there are.
 */
export function inOne(
  messages: readonly Message[],
  joins: (before: Message, message: Message) => boolean,
): readonly Message[] {
  const runs: [Message, ...Message[]][] = []
  for (const message of messages) {
    const run = runs.at(-1)
    if (run && joins(run[0], message)) run.push(message)
    else runs.push([message])
  }
  return runs.map(run => (run.length === 1 ? run[0] : { ...run[0], parts: run.flatMap(({ parts }) => parts) }))
}
