/** A function call of the conversation. */
type Call = { readonly id: string; readonly name: string }

/**
 * The calls of a conversation and which of them are answered. Gemini's calls need no ids: those without one get one by their
 * place, and a response without one answers the first call of its name that is still open.
 */
export class Calls {
  readonly #all: Call[] = []
  readonly #open: Call[] = []
  readonly #taken: ReadonlySet<string>

  /** `taken`: the ids that the conversation's own calls have. */
  constructor(taken: Iterable<string>) {
    this.#taken = new Set(taken)
  }

  /** Notes a call and says what its id is. */
  made(id: string | undefined, name: string): string {
    const call = { id: id === undefined || id === '' ? this.#invented() : id, name }
    this.#all.push(call)
    this.#open.push(call)
    return call.id
  }

  #invented(): string {
    let n = this.#all.length
    while (this.#taken.has(`call_${n}`) || this.#all.some(call => call.id === `call_${n}`)) n++
    return `call_${n}`
  }

  /** The call that a response answers: by its id, or by its name; undefined if there is none. */
  answered(id: string | undefined, name: string | undefined): Call | undefined {
    const found =
      this.#all.findLast(call => call.id === id) ??
      this.#open.find(call => call.name === name) ??
      // A call may be answered more than once (`willContinue`).
      this.#all.findLast(call => call.name === name)
    const place = found ? this.#open.indexOf(found) : -1
    if (place !== -1) this.#open.splice(place, 1)
    return found
  }
}
