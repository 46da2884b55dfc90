/** What falls into one such step is remembered as one entry. */
const steps = 240

/**
 * How much there was in the last `spanMs` milliseconds, sliding. Entries of one step share the time of the last of them,
 * so they leave together and never early.
 */
export class Tally {
  readonly #spanMs: number
  readonly #stepMs: number
  #entries: { at: number; amount: number }[] = []
  /** Entries before this are over. */
  #first = 0
  #sum = 0

  constructor(spanMs: number) {
    this.#spanMs = spanMs
    this.#stepMs = spanMs / steps
  }

  add(amount: number, now: number): void {
    this.#forget(now)
    this.#sum += amount
    const last = this.#entries.at(-1)
    if (last && this.#first < this.#entries.length && this.#stepOf(last.at) === this.#stepOf(now)) {
      last.at = now
      last.amount += amount
    } else {
      this.#entries.push({ at: now, amount })
    }
  }

  sum(now: number): number {
    this.#forget(now)
    return this.#sum
  }

  /** When less than `limit` will be in it: now, if that is so already. */
  freeAt(limit: number, now: number): number {
    let sum = this.sum(now)
    if (sum < limit) return now
    for (const { at, amount } of this.#entries.slice(this.#first)) {
      sum -= amount
      if (sum < limit) return at + this.#spanMs
    }
    return now + this.#spanMs
  }

  #stepOf(moment: number): number {
    return Math.floor(moment / this.#stepMs)
  }

  #forget(now: number): void {
    for (let entry = this.#entries[this.#first]; entry && entry.at + this.#spanMs <= now; ) {
      this.#sum -= entry.amount
      entry = this.#entries[++this.#first]
    }
    if (this.#first <= steps) return
    this.#entries = this.#entries.slice(this.#first)
    this.#first = 0
  }
}
