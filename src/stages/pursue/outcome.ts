import type { Fault } from '../../model/fault.ts'
import type { Leg } from '../../model/plan.ts'
import type { Verdict } from '../../policy/verdict.ts'
import type { Begun } from './begun.ts'

/** Why a try begins, and what it comes after. */
export type Start = {
  readonly why: 'first' | 'retry' | 'failover' | 'hedge' | 'race'
  /** The failure before it, if one is why it begins. */
  readonly after?: Failure
  /** The pause before it. */
  readonly waitedMs: number
}

export type Failure = {
  readonly leg: Leg
  readonly fault: Fault
  readonly verdict: Verdict
  /** What is told all the same where nobody answers. */
  readonly instead?: Instead | undefined
}

/** A reply that says no more than a refusal would. `take` is called if it is told; else it is closed. */
export type Instead = { readonly source: Begun; take(): void }

export type Outcome = { readonly source: Begun } | Failure

/** A try under way. `stop` ends it at once, because another was quicker. */
export type Going = { readonly outcome: Promise<Outcome>; stop(): void }
