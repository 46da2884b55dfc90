/** What rings once. While it is not held, the process may end before it rings. */
export type Alarm = { readonly cancel: () => void; readonly hold: (held: boolean) => void }

export type Alarms = {
  /** Milliseconds, never going back. */
  now(): number
  set(ms: number, ring: () => void): Alarm
}

/** Waits that end within one such step ring together, at its end. */
const stepMs = 10
/** The runtime's timers know no longer one: beyond, they ring at once. */
const longestMs = 2 ** 31 - 1

/** One that waits, at its place among those of its step; out of it once it was cancelled or has rung. */
type Waiter = { readonly ring: () => void; place: number }

const out = -1

/**
 * Waits of a second and more, rung up to 10 ms late. Each request sets some and nearly all are cancelled, because what they
 * were to bound has come. A timer of the runtime's is to be made, cancelled and collected each time; here a wait is an entry
 * in a list, and there is one timer for all.
 */
export class LongWaits {
  readonly #alarms: Alarms
  /** By the step at whose end they ring. */
  readonly #steps = new Map<number, Waiter[]>()
  #count = 0
  #alarm: Alarm | undefined
  /** For which step the alarm is set: the first, or one that was the first and has been cancelled since. */
  #setFor = Number.POSITIVE_INFINITY

  constructor(alarms: Alarms) {
    this.#alarms = alarms
  }

  /** As `Clock.after`. */
  after(ms: number, ring: () => void): () => void {
    const step = Math.ceil((this.#alarms.now() + ms) / stepMs)
    const waiters = this.#at(step)
    const waiter = { ring, place: waiters.length }
    waiters.push(waiter)
    if (step < this.#setFor) this.#set(step)
    if (this.#count++ === 0) this.#alarm?.hold(true)
    return this.#drop.bind(this, waiter, step)
  }

  #at(step: number): Waiter[] {
    const known = this.#steps.get(step)
    if (known) return known
    const fresh: Waiter[] = []
    this.#steps.set(step, fresh)
    return fresh
  }

  /** False if it was out already. */
  #drop(waiter: Waiter, step: number): boolean {
    const waiters = this.#steps.get(step)
    if (waiter.place === out || !waiters) return false
    const last = waiters.pop()
    if (last && last !== waiter) {
      waiters[waiter.place] = last
      last.place = waiter.place
    }
    waiter.place = out
    if (waiters.length === 0) this.#steps.delete(step)
    if (--this.#count === 0) this.#alarm?.hold(false)
    return true
  }

  #set(step: number): void {
    this.#alarm?.cancel()
    this.#setFor = step
    const ms = Math.max(0, step * stepMs - this.#alarms.now())
    this.#alarm = this.#alarms.set(Math.min(ms, longestMs), () => this.#ring())
    this.#alarm.hold(this.#count > 0)
  }

  #ring(): void {
    const now = Math.floor(this.#alarms.now() / stepMs)
    const steps = [...this.#steps.keys()].sort((a, b) => a - b)
    for (const step of steps) if (step <= now) this.#release(step)
    const next = steps.find(step => step > now)
    this.#alarm = undefined
    this.#setFor = Number.POSITIVE_INFINITY
    if (next !== undefined) this.#set(next)
  }

  /** Each by itself, as with timers of their own: one may throw, or cancel another. */
  #release(step: number): void {
    for (const waiter of this.#steps.get(step) ?? []) {
      queueMicrotask(() => {
        if (this.#drop(waiter, step)) waiter.ring()
      })
    }
  }
}
