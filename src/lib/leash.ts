import type { Clock } from './clock.ts'
import type { Signal } from './leaving.ts'

const always = (): boolean => true
const once = { once: true } as const

/** The caller left, time was over, or nobody needs the reply any more because another was quicker. */
type Why = 'left' | 'late' | 'lost'

/**
 * A signal that is cut when the caller leaves or when a time is over, whichever is first, and that remembers which.
 * One timer at a time: setting it again moves it. Whoever makes one frees it.
 */
export class Leash {
  readonly #clock: Clock
  readonly #abort = new AbortController()
  readonly #ring = (): void => {
    if (this.#counts()) this.late(this.#what)
  }
  #cancel: (() => void) | undefined
  /** What the time is for, and whether its end counts. */
  #what = ''
  #counts = always
  #why: Why | undefined
  #free = false
  #late = ''

  constructor(clock: Clock, outer: Signal) {
    this.#clock = clock
    if (outer.aborted) this.handleEvent()
    else outer.addEventListener('abort', this, once)
  }

  /** The outer signal's event: a listener that is an object needs no function of its own. */
  handleEvent(): void {
    this.cut('left')
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  /** Why it was cut, if it was. */
  get why(): Why | undefined {
    return this.#why
  }

  /** What took too long, in the words given for it. */
  get overdue(): string {
    return this.#late
  }

  /** From now, `ms` milliseconds are left for `what`. When they are over and it does not count, nothing happens. */
  within(ms: number, what: string, counts: () => boolean = always): void {
    if (this.#free) return
    this.#cancel?.()
    this.#what = what
    this.#counts = counts
    this.#cancel = this.#clock.after(ms, this.#ring)
  }

  /** `what` has taken too long, as somebody else has noticed. */
  late(what: string): void {
    this.#late = what
    this.cut('late')
  }

  cut(why: Why): void {
    if (this.#free || this.#why) return
    this.#why = why
    this.#cancel?.()
    this.#cancel = undefined
    this.#abort.abort()
  }

  /**
   * Lets the timer go; nothing cuts it any more. The outer signal's listener stays until that signal goes, which is with
   * the request: taking it away costs more than leaving it.
   */
  free(): void {
    this.#free = true
    this.#cancel?.()
    this.#cancel = undefined
  }
}
