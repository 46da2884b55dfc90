import type { Clock } from '../../lib/clock.ts'
import { FairQueue, type Rank } from '../../policy/fair-queue.ts'

/** Begins what has waited, before it returns. What it returns tells whether the target took it. */
export type Turn = {
  /** Left out where nobody is asked: it is no use to wait. */
  readonly target?: string | undefined
  readonly begin: () => Promise<unknown> | undefined
}

export type Waiter = Rank & {
  /** Those of one lane wait for the same places: what one of them is told of these holds for all. */
  readonly lane: string
  /** What it waits for: newcomers for one of them come after it. */
  readonly targets: readonly string[]
  /** It waits no longer, on the measuring clock. */
  readonly until: number
  /** What it would begin now; or in how many milliseconds a place will be free. */
  ready(): Turn | number
  /** Its time is over. */
  late(): void
  /** Another has more of a right to its place in the queue. */
  gaveWay(): void
}

/** A target that has not refused for so long has taken it. */
const patienceMs = 100

/** Looked after so often at least: a reload may have changed who is free. */
const longestMs = 1_000

/** What may be under way at a target that was left alone until just now, without having been taken or refused yet. */
type Ramp = { going: number; room: number }

/**
 * The requests that wait until a place is free. They are let go in their order, and not together: first one for each
 * target, and with each that is taken one more at a time, so that a place which has just become free is not run over.
 */
export class Turns {
  readonly #clock: Clock
  readonly #queue = new FairQueue<Waiter>()
  readonly #bells = new Map<Waiter, () => void>()
  /** How many wait for a target. */
  readonly #wanted = new Map<string, number>()
  readonly #ramps = new Map<string, Ramp>()
  #alarm: { readonly at: number; cancel(): void } | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get size(): number {
    return this.#queue.size
  }

  /** Whether somebody waits for this target. */
  wants(target: string): boolean {
    return this.#wanted.has(target)
  }

  /** Waits, with at most `most` in all. The answer is for leaving; undefined if there is no room. */
  enter(waiter: Waiter, most: number): (() => void) | undefined {
    if (this.#queue.size >= most && !this.#makeRoom(waiter)) return undefined
    this.#queue.add(waiter)
    for (const target of waiter.targets) this.#count(target, 1)
    this.#bells.set(
      waiter,
      this.#clock.after(Math.max(0, waiter.until - this.#clock.now()), () => {
        this.#drop(waiter)
        waiter.late()
      }),
    )
    this.stir()
    return () => this.#drop(waiter)
  }

  /** Something may have become free. */
  stir(): void {
    if (this.#queue.size > 0) this.#ring(0)
  }

  #makeRoom(newcomer: Rank): boolean {
    const least = this.#queue.least(newcomer)
    if (!least) return false
    this.#drop(least)
    least.gaveWay()
    return true
  }

  #drop(waiter: Waiter): void {
    if (this.#queue.remove(waiter)) this.#forget(waiter)
  }

  #forget(waiter: Waiter): void {
    this.#bells.get(waiter)?.()
    this.#bells.delete(waiter)
    for (const target of waiter.targets) this.#count(target, -1)
    if (this.#queue.size > 0) return
    this.#ramps.clear()
    this.#alarm?.cancel()
    this.#alarm = undefined
  }

  #count(target: string, by: number): void {
    const count = (this.#wanted.get(target) ?? 0) + by
    if (count > 0) this.#wanted.set(target, count)
    else this.#wanted.delete(target)
  }

  /** The earliest alarm holds: many that come at once do not put it off. */
  #ring(ms: number): void {
    const at = this.#clock.now() + ms
    if (this.#alarm && this.#alarm.at <= at) return
    this.#alarm?.cancel()
    const cancel = this.#clock.after(ms, () => {
      this.#alarm = undefined
      this.#look()
    })
    this.#alarm = { at, cancel }
  }

  #look(): void {
    const blocked = new Map<string, number>()
    for (let turn = this.#next(blocked); turn; turn = this.#next(blocked)) this.#begin(turn)
    if (this.#queue.size > 0) this.#ring(Math.max(1, Math.min(longestMs, ...blocked.values())))
  }

  /** Whose turn it is. Lanes that have to wait are noted, with how long. */
  #next(blocked: Map<string, number>): Turn | undefined {
    const turns: Turn[] = []
    const waiter = this.#queue.take(each => {
      if (blocked.has(each.lane)) return false
      const ready = each.ready()
      if (typeof ready !== 'number' && this.#hasRoom(ready)) return turns.push(ready) > 0
      blocked.set(each.lane, typeof ready === 'number' ? ready : patienceMs)
      return false
    })
    if (waiter) this.#forget(waiter)
    return turns[0]
  }

  #hasRoom({ target }: Turn): boolean {
    const ramp = target === undefined ? undefined : this.#ramps.get(target)
    return ramp === undefined || ramp.going < ramp.room
  }

  #begin({ target, begin }: Turn): void {
    const taken = begin()
    if (target === undefined) return
    const ramp = this.#ramps.get(target) ?? { going: 0, room: 1 }
    // Without anybody left there is nobody to hold back.
    if (this.#queue.size > 0) this.#ramps.set(target, ramp)
    ramp.going++
    const cancel = this.#clock.after(patienceMs, () => told(true))
    let known = false
    const told = (well: boolean): void => {
      if (known) return
      known = true
      cancel()
      ramp.going--
      ramp.room = well ? ramp.room + 1 : 1
      this.stir()
    }
    taken?.then(
      () => told(true),
      () => told(false),
    )
  }
}
