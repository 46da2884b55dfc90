/** So many of the last words a continuation is asked to begin with, in characters. */
const anchorLength = 60
/** A shorter overlap may be chance. */
const leastOverlap = 12
/** Where an overlap is looked for. */
const window = 400
/** One that begins like the whole reply, for so long, and then differs, has told it anew. */
const mostAlike = 40

/** The last words of what was said, from the beginning of a character on. */
export function anchorOf(said: string): string {
  const start = Math.max(0, said.length - anchorLength)
  const inside = /[\uDC00-\uDFFF]/.test(said.charAt(start)) ? start + 1 : start
  return said.slice(inside).trimStart()
}

/**
 * Finds where a continuation goes on: it was asked to begin with the last words of what was said, and may instead go on at
 * once, repeat more, or begin anew. What is already said is taken out; text is held back until it is certain what it is.
 */
export class Splice {
  readonly #said: string
  readonly #anchor: string
  readonly #tail: string
  #held = ''
  #decided = false

  constructor(said: string) {
    this.#said = said
    this.#anchor = anchorOf(said)
    this.#tail = said.slice(-window)
  }

  /** What is new in this text; undefined if the reply is told anew in other words, and cannot be continued by it. */
  push(text: string): string | undefined {
    if (this.#decided) return text
    this.#held += text
    const from = this.#from(this.#held)
    if (from === 'held') return ''
    this.#decided = true
    return from === 'anew' ? undefined : this.#held.slice(from)
  }

  /** What is left when nothing more comes. */
  end(): string {
    const held = this.#decided ? '' : this.#held
    this.#decided = true
    return held.length >= leastOverlap && this.#said.endsWith(held) ? '' : held
  }

  #from(held: string): number | 'held' | 'anew' {
    const said = this.#said
    if (this.#anchor !== '' && held.startsWith(this.#anchor)) return this.#anchor.length
    if (held.startsWith(said)) return said.length
    if (this.#anchor.startsWith(held) || said.startsWith(held) || this.#mayOverlap(held)) return 'held'
    const overlap = this.#overlap(held)
    if (overlap >= leastOverlap) return overlap
    return alike(said, held) >= mostAlike ? 'anew' : 0
  }

  /** Whether it stands in the last of what was said, so that more of the same may still follow. */
  #mayOverlap(held: string): boolean {
    const at = this.#tail.indexOf(held)
    return at !== -1 && at + held.length < this.#tail.length
  }

  #overlap(held: string): number {
    for (let size = Math.min(held.length, this.#tail.length); size >= leastOverlap; size--)
      if (this.#tail.endsWith(held.slice(0, size))) return size
    return 0
  }
}

function alike(one: string, other: string): number {
  let at = 0
  while (at < one.length && at < other.length && one[at] === other[at]) at++
  return at
}
