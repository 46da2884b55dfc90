/** What a slice of time holds can be emptied, to be used again. */
type Slice = { clear(): void }

/**
 * The last `spanMs` milliseconds in so many slices. What is written goes into the slice of its moment; a slice whose time
 * is over is emptied and serves again, so memory is bounded; one that was never written into is not there. What is read lags by one slice at most.
 */
export class Window<Kept extends Slice> {
  readonly #sliceMs: number
  readonly #slices: ({ turn: number; readonly kept: Kept } | undefined)[]

  readonly #open: () => Kept

  constructor(spanMs: number, slices: number, open: () => Kept) {
    this.#sliceMs = spanMs / slices
    this.#slices = Array.from({ length: slices }, () => undefined)
    this.#open = open
  }

  /** The slice that takes what happens now. */
  at(now: number): Kept {
    const turn = Math.floor(now / this.#sliceMs)
    const place = turn % this.#slices.length
    const slice = this.#slices[place] ?? { turn, kept: this.#open() }
    this.#slices[place] = slice
    if (slice.turn !== turn) {
      slice.turn = turn
      slice.kept.clear()
    }
    return slice.kept
  }

  /** The slices whose time is not over. */
  *last(now: number): Generator<Kept> {
    const oldest = Math.floor(now / this.#sliceMs) - this.#slices.length
    for (const slice of this.#slices) if (slice && slice.turn > oldest) yield slice.kept
  }
}
