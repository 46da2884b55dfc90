import type { Fault } from '../model/fault.ts'

/** One of them, that can be ended. */
type Going = { cut(fault: Fault): void }

/** The requests that have come in and are not settled: counted for the gauge, waited for when draining, ended at its end. */
export class InFlight {
  #count = 0
  readonly #going = new Map<string, Going>()
  #cut: Fault | undefined
  #idle: (() => void)[] = []
  /** Ids that callers chose and that are not in the ledger yet. */
  readonly #chosen = new Set<string>()

  get count(): number {
    return this.#count
  }

  entered(): void {
    this.#count++
  }

  /** How to end the one with this id. */
  ends(id: string, going: Going): void {
    this.#going.set(id, going)
    if (this.#cut) going.cut(this.#cut)
  }

  left(id: string): void {
    this.#chosen.delete(id)
    this.#going.delete(id)
    this.#count--
    if (this.#count === 0) for (const wake of this.#idle.splice(0)) wake()
  }

  /** Takes an id for a request on its way; false if another has it. */
  choose(id: string): boolean {
    if (this.#chosen.has(id)) return false
    this.#chosen.add(id)
    return true
  }

  /** Ends all of which it is known how, and each that still comes. They settle by themselves. */
  cut(fault: Fault): void {
    this.#cut = fault
    for (const going of [...this.#going.values()]) going.cut(fault)
  }

  /** Resolves when nothing is on its way. */
  empty(): Promise<void> {
    return this.#count === 0 ? Promise.resolve() : new Promise(resolve => this.#idle.push(resolve))
  }
}
