const none = new Uint8Array(0)

/** Bytes that wait for the end of what they belong to. A piece that grows beyond a bound is nobody's to wait for. */
export class Held {
  readonly #most: number
  readonly #what: string
  #pieces: Uint8Array[] = []
  #bytes = 0

  constructor(most: number, what: string) {
    this.#most = most
    this.#what = what
  }

  get isEmpty(): boolean {
    return this.#bytes === 0
  }

  add(bytes: Uint8Array): void {
    this.#pieces.push(bytes)
    this.#bytes += bytes.length
    if (this.#bytes > this.#most) throw new RangeError(`${this.#what} is longer than ${this.#most} bytes.`)
  }

  /** All that waited, and what completes it. */
  release(last: Uint8Array = none): Uint8Array {
    if (this.#bytes === 0) return last
    const joined = Buffer.concat([...this.#pieces, last])
    this.#pieces = []
    this.#bytes = 0
    return joined
  }
}
