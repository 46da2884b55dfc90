/** How many hedges may be in store: so many in a row after a quiet time. */
const most = 10

/** Unless the config says otherwise. */
const usual = 0.05

/** Hedges are at most a share of all requests, in the long run: each request earns a part of one, its own share. */
export class Hedges {
  #store = most

  /** A request has come. */
  earn(share = usual): void {
    this.#store = Math.min(most, this.#store + share)
  }

  /** Takes one, if there is one; where the share is nothing, there is none. */
  take(share = usual): boolean {
    if (this.#store < 1 || share === 0) return false
    this.#store--
    return true
  }
}
