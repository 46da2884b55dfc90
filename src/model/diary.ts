import type { Call } from './call.ts'
import type { Caller } from './caller.ts'
import type { Event } from './event.ts'
import type { Fault } from './fault.ts'
import type { Happened, Happening } from './happening.ts'
import type { Target } from './plan.ts'
import type { Try } from './record.ts'
import type { Usage } from './usage.ts'

const none: readonly string[] = []

/**
 * What is noticed along the way. Rooms only add to it and only settling reads it: a row must be written even when the
 * line breaks in the middle, so there has to be one place that is there from the first moment. It holds little: as long as
 * a stream is told, it is there, and the request's text need not be.
 */
export class Diary {
  /** The moment of arrival: on the measuring clock, and since 1970. */
  readonly arrived: number
  readonly at: number

  caller: Caller | undefined
  call: Call | undefined
  /** Why the plan is as it is. */
  reason: string | undefined
  /** The target that answered. */
  target: Target | undefined
  /** The id of the request whose reply this one was given again. */
  replayOf: string | undefined
  /** The id of the request whose reply this one was given as well, while it was on its way. */
  sharedWith: string | undefined
  lost: readonly string[] = none
  bytesIn = 0
  bytesOut = 0
  /** When the reply began to leave, on the measuring clock. */
  replied: number | undefined
  firstTokenAt: number | undefined

  usage: Usage | undefined
  stopReason: string | undefined
  fault: Fault | undefined
  settled = false

  #askedAt: number | undefined
  #answeredAt: number | undefined
  readonly #tries: Try[] = []
  #happened: Happened[] | undefined

  constructor(arrived: number, at: number) {
    this.arrived = arrived
    this.at = at
  }

  get tries(): readonly Try[] {
    return this.#tries
  }

  /** From now on somebody else is waited for: providers, or another request that asks them. */
  asks(now: number): void {
    this.#askedAt ??= now
  }

  /** A call to a provider begins. Whoever makes it fills in what becomes of it. */
  tried(one: Try): void {
    this.#tries.push(one)
    this.#answeredAt = undefined
  }

  /** The provider has said what there is to wait for: what is done with it takes our time. */
  answered(now: number): void {
    this.#answeredAt = now
  }

  /** The time until the reply began, or until now if it has not, in which nobody else was waited for. */
  overheadMs(now: number): number {
    const until = this.replied ?? now
    const waited = this.#askedAt === undefined ? 0 : (this.#answeredAt ?? until) - this.#askedAt
    return Math.max(0, until - this.arrived - waited)
  }

  /** What was decided on the way; undefined if nothing was. */
  get decisions(): readonly Happened[] | undefined {
    return this.#happened
  }

  happened(happening: Happening, now: number): void {
    this.#happened ??= []
    this.#happened.push({ ...happening, atMs: now - this.arrived })
  }

  /** What the reply said. A later usage report replaces an earlier one; the first stop reason stays. */
  noticed(events: readonly Event[], now: number): void {
    for (const event of events) {
      switch (event.type) {
        case 'content':
          this.firstTokenAt ??= now
          break
        case 'usage':
          this.usage = event.usage
          break
        case 'stop':
          this.stopReason ??= event.reason
          break
        case 'fault':
          this.fault ??= event.fault
          break
        case 'done':
          break
        default:
          event satisfies never
      }
    }
  }

  /** How it ended, if not well. The first reason stays, and is given back: what follows from it is not another. */
  ended(fault: Fault): Fault {
    this.fault ??= fault
    return this.fault
  }
}
