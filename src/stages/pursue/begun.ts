import type { Target } from '../../model/plan.ts'
import type { Source } from '../../model/source.ts'
import type { Telling } from './telling.ts'

/** A reply that has begun, and what is needed if somebody else has to go on with it. */
export type Begun = Source & { readonly handover?: Handover }

export type Handover = {
  readonly telling: Telling
  readonly from: Target
  /** What this part of the reply used is its own from now on. */
  handOn(): void
}
