/** A function call of the conversation. */
type Call = { readonly id: string; readonly name: string }

type Noted = Call & { open: boolean }

/** Calls of one name, in their order. None before `from` is open. */
type Named = { readonly calls: Noted[]; from: number }

/**
 * The calls of a conversation and which of them are answered. Gemini's calls need no ids: those without one get one by their
 * place, and a response without one answers the first call of its name that is still open. Each is found without a look at
 * all others: there may be ten thousand.
 */
export class Calls {
  readonly #taken: ReadonlySet<string>
  readonly #byId = new Map<string, Noted>()
  readonly #byName = new Map<string, Named>()
  #made = 0
  #next = 0

  /** `taken`: the ids that the conversation's own calls have. */
  constructor(taken: Iterable<string>) {
    this.#taken = new Set(taken)
  }

  /** Notes a call and says what its id is. */
  made(id: string | undefined, name: string): string {
    const call = { id: id === undefined || id === '' ? this.#invented() : id, name, open: true }
    this.#made++
    this.#byId.set(call.id, call)
    const named = this.#byName.get(name)
    if (named) named.calls.push(call)
    else this.#byName.set(name, { calls: [call], from: 0 })
    return call.id
  }

  #invented(): string {
    let n = Math.max(this.#made, this.#next)
    while (this.#taken.has(`call_${n}`)) n++
    this.#next = n + 1
    return `call_${n}`
  }

  /** The call that a response answers: by its id, or by its name; undefined if there is none. */
  answered(id: string | undefined, name: string | undefined): Call | undefined {
    const named = name === undefined ? undefined : this.#byName.get(name)
    const found =
      (id === undefined ? undefined : this.#byId.get(id)) ??
      (named && firstOpen(named)) ??
      // A call may be answered more than once (`willContinue`).
      named?.calls.at(-1)
    if (found) found.open = false
    return found
  }
}

function firstOpen(named: Named): Noted | undefined {
  while (named.calls[named.from]?.open === false) named.from++
  return named.calls[named.from]
}
