/** Says a script as a stream: the order of things is the same in every dialect, and each has a pen to write them down. */

import type { Behaving } from './behave.ts'
import type { Answer, Block, Script } from './script.ts'
import type { Note, Notes } from './steps.ts'
import { tokens } from './words.ts'

/** A block and where it stands. */
export type Placed = {
  readonly block: Block
  /** Which of several answers it belongs to. */
  readonly answer: number
  /** Its number among the blocks of its answer, and among the calls if it is one. */
  readonly index: number
  readonly call: number
}

/** Each writes what its dialect has for the moment, often one note, sometimes none. */
export type Pen = {
  open(answer: Answer, nth: number): Notes
  begin(placed: Placed): Notes
  piece(placed: Placed, token: string): Notes
  end(placed: Placed): Notes
  finish(answer: Answer, nth: number): Notes
  /** After all answers. */
  close(): Notes
}

export function* recite({ answers }: Script, pen: Pen, behaving: Behaving): Generator<Note> {
  yield* interleave(answers.map((answer, nth) => reciteOne(answer, nth, pen, behaving)))
  yield* pen.close()
}

function* reciteOne(answer: Answer, nth: number, pen: Pen, behaving: Behaving): Generator<Note> {
  yield* pen.open(answer, nth)
  if (behaving['start-twice'] !== undefined) yield* pen.open(answer, nth)
  for (const placed of placedBlocks(answer, nth, behaving)) {
    yield* pen.begin(placed)
    for (const token of tokens(placed.block.text)) yield* pen.piece(placed, token)
    yield* pen.end(placed)
  }
  const finish = [...pen.finish(answer, nth)]
  yield* finish
  if (behaving['usage-twice'] !== undefined) yield* finish.filter(({ kind }) => kind === 'usage')
}

export function placedBlocks({ blocks }: Answer, answer: number, behaving: Behaving): readonly Placed[] {
  const gapped = behaving['index-gaps'] !== undefined
  let calls = 0
  return blocks.map((block, index) => {
    const call = block.type === 'call' ? calls++ : calls
    return { block, answer, index: gapped ? 2 * index + 1 : index, call: gapped ? 2 * call + 1 : call }
  })
}

/** The rows of several answers side by side, one note of each at a time. */
function* interleave(rows: readonly Iterator<Note>[]): Generator<Note> {
  let open = rows
  while (open.length > 0) {
    const still: Iterator<Note>[] = []
    for (const row of open) {
      const { done, value } = row.next()
      if (done === true) continue
      yield value
      still.push(row)
    }
    open = still
  }
}
