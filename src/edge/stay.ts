import { Leaving, type Signal } from '../lib/leaving.ts'
import type { Diary } from '../model/diary.ts'
import type { Fault } from '../model/fault.ts'

/**
 * How long a request may go on: until its caller leaves, or until it is cut off here. It is a signal of its own, because the
 * runtime's is aborted only when the connection is gone, and then nobody can be told anything.
 */
export class Stay extends Leaving {
  readonly #diary: Diary
  #over: Leaving | undefined

  constructor(caller: AbortSignal, diary: Diary) {
    super()
    this.#diary = diary
    if (caller.aborted) this.abort()
    else caller.addEventListener('abort', this, once)
  }

  /** The caller's signal: a listener that is an object needs no function of its own. */
  handleEvent(): void {
    this.abort()
  }

  /** Aborts only when the request is cut off, for what goes on when its caller has left. */
  over(): Signal {
    this.#over ??= new Leaving()
    return this.#over
  }

  /** Ends the request for this reason, which its caller is told, and the ledger. */
  cut(fault: Fault): void {
    this.#diary.ended(fault)
    this.#over?.abort()
    this.abort()
  }
}

const once = { once: true } as const
