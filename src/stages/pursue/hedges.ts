/** How many hedges may be in store: so many in a row after a quiet time. */
const most = 10

/** Hedges are at most this share of all requests, in the long run: each request earns a part of one. */
export class Hedges {
  readonly #share: number
  #store = most

  constructor(share = 0.05) {
    this.#share = share
  }

  /** A request has come. */
  earn(): void {
    this.#store = Math.min(most, this.#store + this.#share)
  }

  /** Takes one, if there is one. */
  take(): boolean {
    if (this.#store < 1) return false
    this.#store--
    return true
  }
}
