/** What a slice of time holds can be emptied, to be used again. */
type Slice = { clear(): void }

/**
 * The last `spanMs` milliseconds in so many slices. What is written goes into the slice of its moment; a slice whose time
 * is over is emptied and serves again, so memory is bounded. What is read lags by one slice at most.
 */
export class Window<Kept extends Slice> {
  readonly #sliceMs: number
  readonly #slices: { turn: number; readonly kept: Kept }[]

  constructor(spanMs: number, slices: number, open: () => Kept) {
    this.#sliceMs = spanMs / slices
    this.#slices = Array.from({ length: slices }, () => ({ turn: Number.NEGATIVE_INFINITY, kept: open() }))
  }

  /** The slice that takes what happens now. */
  at(now: number): Kept {
    const turn = Math.floor(now / this.#sliceMs)
    const slice = this.#slices[turn % this.#slices.length]
    if (!slice) throw new RangeError(`There is no time ${now}.`)
    if (slice.turn !== turn) {
      slice.turn = turn
      slice.kept.clear()
    }
    return slice.kept
  }

  /** The slices whose time is not over. */
  *last(now: number): Generator<Kept> {
    const oldest = Math.floor(now / this.#sliceMs) - this.#slices.length
    for (const { turn, kept } of this.#slices) if (turn > oldest) yield kept
  }
}
