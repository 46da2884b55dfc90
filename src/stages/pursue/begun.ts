import type { Target } from '../../model/plan.ts'
import type { Source } from '../../model/source.ts'
import type { Telling } from './telling.ts'

/** A reply that has begun, and what is needed if somebody else has to go on with it. */
export type Begun = Source & { readonly handover?: Handover }

export type Handover = {
  readonly telling: Telling
  readonly from: Target
  /** The reply goes on elsewhere, and why: what this part of it used is its own from now on. */
  handOn(reason: string): void
}
