/** The longest run without a break that a tokenizer is given. Byte-pair encoders take quadratic time on unbroken runs. */
const longestRun = 256

/** A text in pieces that a tokenizer takes in linear time: its count is off by at most one token a piece. */
export function* cut(text: string): Generator<string> {
  const longest = 64 * 1024
  for (let at = 0; at < text.length; at += longest) yield* runsOf(text.slice(at, at + longest))
}

/** Breaks runs of letters without a space; texts that have none (the usual case) stay whole. */
function* runsOf(text: string): Generator<string> {
  let from = 0
  let runFrom = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code <= 32) runFrom = at + 1
    else if (at - runFrom >= longestRun) {
      yield text.slice(from, at)
      from = at
      runFrom = at
    }
  }
  if (from < text.length) yield text.slice(from)
}
