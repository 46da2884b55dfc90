/** The requests that have come in and are not settled: counted for the gauge, waited for when draining. */
export class InFlight {
  #count = 0
  #idle: (() => void)[] = []
  /** Ids that callers chose and that are not in the ledger yet. */
  readonly #chosen = new Set<string>()

  get count(): number {
    return this.#count
  }

  entered(): void {
    this.#count++
  }

  left(id: string): void {
    this.#chosen.delete(id)
    this.#count--
    if (this.#count === 0) for (const wake of this.#idle.splice(0)) wake()
  }

  /** Takes an id for a request on its way; false if another has it. */
  choose(id: string): boolean {
    if (this.#chosen.has(id)) return false
    this.#chosen.add(id)
    return true
  }

  /** Resolves when nothing is on its way. */
  empty(): Promise<void> {
    return this.#count === 0 ? Promise.resolve() : new Promise(resolve => this.#idle.push(resolve))
  }
}
