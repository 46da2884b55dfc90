import type { Diary } from '../model/diary.ts'
import type { Fault } from '../model/fault.ts'

/**
 * How long a request may go on: until its caller leaves, or until it is cut off here. Its signals are its own, because the
 * runtime's is aborted only when the connection is gone, and then nobody can be told anything (1.5 us a request).
 */
export class Stay {
  readonly #diary: Diary
  readonly #here = new AbortController()
  #over: AbortController | undefined

  constructor(caller: AbortSignal, diary: Diary) {
    this.#diary = diary
    if (caller.aborted) this.handleEvent()
    else caller.addEventListener('abort', this, { once: true })
  }

  /** The caller's signal: a listener that is an object needs no function of its own. */
  handleEvent(): void {
    this.#here.abort()
  }

  /** Aborts when the caller leaves, or when the request is cut off. */
  get signal(): AbortSignal {
    return this.#here.signal
  }

  /** Aborts only when the request is cut off. */
  readonly over = (): AbortSignal => {
    this.#over ??= new AbortController()
    return this.#over.signal
  }

  /** Ends the request for this reason, which its caller is told, and the ledger. */
  cut(fault: Fault): void {
    this.#diary.ended(fault)
    this.#over?.abort()
    this.#here.abort()
  }
}
