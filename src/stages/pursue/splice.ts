/** So many of the last words a continuation is asked to begin with, in characters. */
const anchorLength = 60
/** A shorter overlap may be chance. */
const leastOverlap = 10
/** Where an overlap is looked for. */
const window = 4_000
/** One that begins like the whole reply, for so long, and then differs, has told it anew. */
const mostAlike = 30
/** A remark before the last words is no longer than this; and they are so many, or they could be met by chance. */
const longestRemark = 100
const leastFound = 24

const openingMark = '<<<'

/** Half of a character stands at the end: its other half is still to come. */
const half = /[\uD800-\uDBFF]$/

/** What belongs to the character before it: accents, joiners, the choice of a form. */
const joining = /^[\p{M}\u200D]+/u

/** The last words of what was said, from the beginning of a character on, and of a word if there is one. */
export function anchorOf(said: string): string {
  const whole = said.replace(half, '')
  const last = whole
    .slice(-anchorLength)
    .replace(/^[\uDC00-\uDFFF]/, '')
    .replace(joining, '')
  const word = whole.length > anchorLength ? /^\S{0,20}\s+(?=\S)/.exec(last)?.[0].length : undefined
  return last.slice(word ?? 0).trimStart()
}

/** What a continuation was told to do: to begin with the last words, or just to go on behind a text without its last spaces. */
export type Manner = 'asked' | 'prefilled'

/**
 * Finds where a continuation goes on: it was asked to begin with the last words of what was said, and may instead go on at
 * once, repeat more, remark on it, or begin anew. What is already said is taken out; text is held back until it is certain
 * what it is. White space, the form of quotes, and whether an accent is a character of its own are no differences: models are
 * careless with them.
 */
export class Splice {
  readonly #manner: Manner
  readonly #said: Bare
  readonly #anchor: string
  readonly #tail: string
  /** White space, or half a character, that the caller has already and the other may say once more. */
  readonly #spaces: string
  readonly #half: string
  readonly #held = new Bare()
  #state: 'seeking' | 'at the seam' | 'joined' = 'seeking'
  /** So many characters of what is held were said before. */
  #from = 0
  #taken = 0

  constructor(said: string, manner: Manner = 'asked') {
    this.#manner = manner
    this.#half = half.exec(said)?.[0] ?? ''
    const whole = said.slice(0, said.length - this.#half.length)
    this.#spaces = /\s*$/.exec(whole)?.[0] ?? ''
    this.#said = new Bare(whole)
    this.#anchor = new Bare(anchorOf(said)).text
    this.#tail = this.#said.text.slice(-window)
  }

  /** So many characters of what the other said are not its continuation; known when something was joined. */
  get taken(): number {
    return this.#taken
  }

  /** What is new in this text; undefined if the reply is told anew in other words, and cannot be continued by it. */
  push(text: string): string | undefined {
    if (this.#state === 'joined') return text
    this.#held.add(text)
    if (this.#state === 'seeking') {
      const found = this.#seek(this.#held.text)
      if (found === 'held') return ''
      if (found === 'anew') return undefined
      this.#from = found
      this.#state = 'at the seam'
    }
    return this.#join(false)
  }

  /** What is left when nothing more comes. */
  end(): string {
    if (this.#state === 'joined') return ''
    if (this.#state === 'seeking') this.#from = this.#atEnd(this.#held.text)
    return this.#join(true)
  }

  /** How many characters, white space aside, were said before. */
  #seek(held: string): number | 'held' | 'anew' {
    if (held === '' || (this.#manner === 'asked' && openingMark.startsWith(held))) return 'held'
    const begun = this.#begun(held)
    if (begun !== undefined) return begun
    if (this.#mayBeKnown(held)) return 'held'
    const overlap = this.#overlap(held)
    if (overlap > 0) return overlap
    if (alike(this.#said.text, held) >= mostAlike) return 'anew'
    return this.#remark(held)
  }

  /** It begins with the last words, or with all. */
  #begun(held: string): number | undefined {
    const opened = held.startsWith(openingMark) ? openingMark.length : 0
    if (this.#anchor !== '' && held.startsWith(this.#anchor, opened)) return opened + this.#anchor.length
    const all = this.#said.text
    return all !== '' && held.startsWith(all) ? all.length : undefined
  }

  /** It stands in what was said, so that more of the same may still follow. */
  #mayBeKnown(held: string): boolean {
    const unmarked = held.startsWith(openingMark) ? held.slice(openingMark.length) : held
    if (this.#anchor.startsWith(unmarked) || this.#said.text.startsWith(held)) return this.#anchor !== ''
    const at = this.#tail.indexOf(held)
    return at !== -1 && at + held.length < this.#tail.length
  }

  #overlap(held: string): number {
    for (let size = Math.min(held.length, this.#tail.length); size >= leastOverlap; size--)
      if (this.#tail.endsWith(held.slice(0, size))) return size
    return 0
  }

  /** Some words of its own may stand before those that were asked for. */
  #remark(held: string): number | 'held' {
    if (this.#manner !== 'asked' || this.#anchor.length < leastFound) return 0
    const at = held.indexOf(this.#anchor)
    if (at !== -1) return at + this.#anchor.length
    return held.length < longestRemark + this.#anchor.length ? 'held' : 0
  }

  /** A repetition that was broken off adds nothing; a few characters are more likely new. */
  #atEnd(held: string): number {
    const overlap = this.#overlap(held)
    if (overlap > 0) return overlap
    const repeats = this.#anchor.startsWith(held) || this.#said.text.startsWith(held) || this.#tail.includes(held)
    return repeats && held.length >= leastOverlap ? held.length : 0
  }

  /** Puts what is new behind what was said. What stands at the seam is awaited: it may have been said already. */
  #join(last: boolean): string {
    const from = this.#held.end(this.#from)
    const { whole } = this.#held
    const seam = whole.slice(from)
    const marked = this.#from > 0 && this.#held.text.includes(openingMark)
    if (!last && (marked ? /^\s*>{0,3}$/ : /^\s*$/).test(seam)) return ''
    const mark = marked ? /^\s*>>>/.exec(seam)?.[0] : undefined
    const known = (mark ?? this.#known(/^\s*/.exec(seam)?.[0] ?? '')).length
    const halved = this.#half !== '' && seam.trimStart().startsWith(this.#half, mark ? 3 : 0)
    this.#state = 'joined'
    this.#taken = from + (halved ? seam.indexOf(this.#half) + 1 : known)
    return this.#held.restOfLast(this.#from) + whole.slice(this.#taken)
  }

  /** What of the white space at the seam is there already. Where nothing was repeated, it is all new. */
  #known(spaces: string): string {
    if (this.#from === 0 && this.#manner === 'asked') return ''
    return spaces.slice(0, this.#spaces.length)
  }
}

/** A text without its white space, and where each of its characters stood. */
class Bare {
  whole = ''
  text = ''
  readonly #ends: number[] = []

  constructor(text = '') {
    this.add(text)
  }

  add(more: string): void {
    const before = this.whole.length
    this.whole += more
    for (let at = 0; at < more.length; at++) {
      const character = more.charAt(at)
      if (/\s/.test(character)) continue
      const bare = bareOf(character)
      this.text += bare
      for (let n = 0; n < bare.length; n++) this.#ends.push(before + at + 1)
    }
  }

  /** Where so many end between a letter and its accent: the accent. */
  restOfLast(count: number): string {
    const end = this.#ends[count - 1]
    let until = count
    while (count > 0 && this.#ends[until] === end && until < this.#ends.length) until++
    return this.text.slice(count, until)
  }

  /** Where in the whole text so many characters are over. */
  end(count: number): number {
    return count === 0 ? 0 : (this.#ends[count - 1] ?? this.whole.length)
  }
}

/** What is repeated in another form than it was said. */
const folded: ReadonlyMap<string, string> = new Map([
  ['‘', "'"],
  ['’', "'"],
  ['“', '"'],
  ['”', '"'],
  ['–', '-'],
  ['—', '-'],
])

/** Below, no character is made of several (Unicode, normalization form D). */
const firstComposed = '\u00C0'

const bareOf = (character: string): string =>
  character < firstComposed ? character : (folded.get(character) ?? character.normalize('NFD'))

function alike(one: string, other: string): number {
  let at = 0
  while (at < one.length && at < other.length && one[at] === other[at]) at++
  return at
}
