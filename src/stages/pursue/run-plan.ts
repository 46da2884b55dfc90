import type { Clock } from '../../lib/clock.ts'
import type { Signal } from '../../lib/leaving.ts'
import { Fault } from '../../model/fault.ts'
import type { Leg, Plan } from '../../model/plan.ts'
import { Bars } from './bars.ts'
import type { Begun } from './begun.ts'
import { leave } from './kept-back.ts'
import type { Failure, Going, Outcome, Start } from './outcome.ts'

export type Walk = {
  readonly plan: Pick<Plan, 'legs' | 'tries' | 'race' | 'respectRetryAfter' | 'maxWaitMs' | 'queuedMs'>
  readonly clock: Clock
  /** When the reply has to be here, on the measuring clock. No wait goes beyond it. */
  readonly until: number
  /** Aborts when the caller leaves. */
  readonly signal: Signal
  /** Begins a try. `undefined`: this place may not be asked now, and it costs no try. Never throws. */
  open(leg: Leg, start: Start): Going | undefined
  /** Rings after so long, or when it is this request's turn at that place. The answer cancels it. */
  wait(leg: Leg, ms: number, ring: () => void): () => void
  /** Whether another hedge may start: they are a bounded share of the traffic. */
  mayHedge(): boolean
  /** Told of every hedge once: how it ended, or that there was no room for it. One whose caller left has no end of its own. */
  hedged(leg: Leg, result: 'won' | 'lost' | 'failed' | 'capped'): void
  /** The fault when nobody answered. */
  exhausted(failures: readonly Failure[]): Fault
}

/**
 * Walks the legs of a plan until one answers. The next leg starts when the one before it has failed (after its backoff,
 * or after the time that its provider asked for), or has kept silent for its hedge delay, or together with it in a race.
 * Whoever answers first wins, and the others are stopped. Throws the fault that the caller is to be told.
 */
export function runPlan(walk: Walk): Promise<Begun> {
  return new Walker(walk).run()
}

type Running = { readonly leg: Leg; readonly start: Start; readonly going: Going }

class Walker {
  readonly #walk: Walk
  readonly #left: Leg[]
  readonly #bars: Bars
  #running: readonly Running[] = []
  readonly #failures: Failure[] = []
  readonly #end = Promise.withResolvers<Begun>()
  #started = 0
  #over = false
  /** One at a time: the pause before the next leg, or the patience with a silent one. */
  #cancelAlarm: (() => void) | undefined

  constructor(walk: Walk) {
    this.#walk = walk
    this.#left = [...walk.plan.legs]
    this.#bars = new Bars(walk.plan, walk.clock.now())
  }

  run(): Promise<Begun> {
    const together = this.#walk.plan.race ?? 1
    this.#goOn({ why: 'first', waitedMs: this.#walk.plan.queuedMs ?? 0 })
    while (this.#running.length > 0 && this.#running.length < together && this.#startNow({ why: 'race', waitedMs: 0 }));
    return this.#end.promise
  }

  /** Starts the next leg now or after its pause; when there is none and nothing runs, it is over. */
  #goOn(start: Start): void {
    if (this.#startNow(start)) return
    const next = this.#next()
    if (next) this.#pause(next, start)
    else if (this.#running.length === 0) this.#giveUp()
  }

  /** Starts a leg that need not wait; false if there is none. */
  #startNow(start: Start): boolean {
    for (let next = this.#next(); next?.wait === 0; next = this.#next()) if (this.#begin(next.leg, start)) return true
    return false
  }

  /** Which leg is next and how long it has to wait; undefined if no try is left, or none within the deadline. */
  #next(): { readonly leg: Leg; readonly wait: number } | undefined {
    const { clock, until } = this.#walk
    return this.#mayTry() ? this.#bars.choose(this.#left, clock.now(), until) : undefined
  }

  #mayTry(): boolean {
    const { plan, clock, until } = this.#walk
    return this.#started < plan.tries && clock.now() < until
  }

  #begin(leg: Leg, start: Start): boolean {
    this.#left.splice(this.#left.indexOf(leg), 1)
    const going = this.#walk.open(leg, start)
    if (!going) return false
    this.#started++
    const running = { leg, start, going }
    this.#running = [...this.#running, running]
    void going.outcome.then(outcome => this.#told(running, outcome))
    this.#watchSilence()
    return true
  }

  #pause({ leg, wait: ms }: { readonly leg: Leg; readonly wait: number }, start: Start): void {
    const walk = this.#walk
    const { clock, signal } = walk
    const since = clock.now()
    const left = (): void => this.#fail(new Fault('client_closed', 'The caller left.'))
    if (signal.aborted) {
      left()
      return
    }
    signal.addEventListener('abort', left, { once: true })
    this.#alarm(
      walk.wait(leg, ms, () => {
        signal.removeEventListener('abort', left)
        this.#goOn({ ...start, waitedMs: start.waitedMs + clock.now() - since })
      }),
    )
  }

  /** Where the next leg is a hedge, it starts when the one that was started last has been silent for long enough. */
  #watchSilence(): void {
    this.#alarm(undefined)
    const leg = this.#left.some(isHedge) ? this.#next()?.leg : undefined
    const ms = leg?.hedgeAfterMs
    if (ms === undefined || leg === undefined) return
    this.#alarm(this.#walk.clock.after(ms, () => this.#hedge(leg, ms)))
  }

  #hedge(leg: Leg, waitedMs: number): void {
    const next = this.#next()
    if (next?.wait !== 0 || next.leg.hedgeAfterMs === undefined) return
    if (this.#walk.mayHedge()) this.#startNow({ why: 'hedge', waitedMs })
    else this.#walk.hedged(leg, 'capped')
  }

  #told(running: Running, outcome: Outcome): void {
    this.#running = this.#running.filter(each => each !== running)
    if (!('source' in outcome)) this.#failed(running, outcome)
    else if (this.#over) leave(outcome.source)
    else this.#win(running, outcome.source)
  }

  #failed({ leg, start }: Running, failure: Failure): void {
    if (this.#over) {
      if (failure.instead) leave(failure.instead.source)
      return
    }
    if (this.#again({ leg, start }, failure)) return
    if (start.why === 'hedge' && !this.#walk.signal.aborted) this.#walk.hedged(leg, 'failed')
    this.#failures.push(failure)
    this.#bars.failed(failure, this.#walk.clock.now())
    if (failure.verdict.again === 'never') this.#fail(failure.fault)
    else if (this.#running.length > 0) this.#watchSilence()
    else this.#goOn({ why: 'retry', after: failure, waitedMs: 0 })
  }

  /** Most likely nobody has read it: it is asked again in the place of the other, whoever else is asked. */
  #again({ leg, start }: Pick<Running, 'leg' | 'start'>, after: Failure): boolean {
    if (after.verdict.again !== 'at-once' || !this.#mayTry()) return false
    this.#left.unshift(leg)
    return this.#begin(leg, { ...start, after, waitedMs: 0 })
  }

  #win({ leg, start }: Running, source: Begun): void {
    if (start.why === 'hedge') this.#walk.hedged(leg, 'won')
    this.#finish()
    this.#end.resolve(source)
  }

  /** Nobody answered. One may have said something all the same. */
  #giveUp(): void {
    const kept = this.#failures.find(({ instead }) => instead)?.instead
    if (!kept) {
      this.#fail(this.#walk.exhausted(this.#failures))
      return
    }
    kept.take()
    this.#finish(kept.source)
    this.#end.resolve(kept.source)
  }

  #fail(fault: Fault): void {
    if (this.#over) return
    this.#finish()
    this.#end.reject(fault)
  }

  #finish(told?: Begun): void {
    this.#over = true
    this.#alarm(undefined)
    for (const { instead } of this.#failures) if (instead && instead.source !== told) leave(instead.source)
    // The caller has left: nobody was quicker, and the signal stops them all.
    if (this.#walk.signal.aborted) return
    for (const { leg, start, going } of this.#running) {
      if (start.why === 'hedge') this.#walk.hedged(leg, 'lost')
      going.stop()
    }
  }

  #alarm(cancel: (() => void) | undefined): void {
    this.#cancelAlarm?.()
    this.#cancelAlarm = cancel
  }
}

const isHedge = ({ hedgeAfterMs }: Leg): boolean => hedgeAfterMs !== undefined
