/** The prompt cache: which beginnings of prompts were seen before, in steps of 128 tokens from 1024 on. */

import { hash } from './chance.ts'
import { tokens } from './words.ts'

const smallest = 1024
const step = 128

/** As many beginnings as are remembered; the oldest are forgotten first. */
const room = 20_000

/** Says how many tokens of a prompt were seen before by this model, and remembers the prompt. */
export function rememberPrefixes(): (model: string, text: string) => number {
  const seen = new Set<string>()
  return (model, text) => {
    // A token has at least one character, so a shorter text cannot have enough of them.
    if (text.length < smallest) return 0
    let cached = 0
    for (const { size, mark } of beginnings(model, text)) {
      if (seen.delete(mark)) cached = size
      seen.add(mark)
    }
    forgetOldest(seen)
    return cached
  }
}

function* beginnings(model: string, text: string): Generator<{ readonly size: number; readonly mark: string }> {
  let size = 0
  let end = 0
  let from = 0
  let sum = 0
  for (const token of tokens(text)) {
    size++
    end += token.length
    if (size < smallest || size % step !== 0) continue
    // Two halves of 32 bits, each over all that came before: 64 bits do not meet by accident.
    sum = hash(text.slice(from, end), sum)
    yield { size, mark: `${model} ${size} ${sum} ${hash(text.slice(from, end), size ^ sum)}` }
    from = end
  }
}

function forgetOldest(seen: Set<string>): void {
  for (const mark of seen) {
    if (seen.size <= room) return
    seen.delete(mark)
  }
}
