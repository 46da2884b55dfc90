import type { Change, KeyReading, Outcome, Place, PlaceReading, Standing } from '../model/health.ts'

/** A try that has begun. To be reported once, however it ends. */
export type Started = {
  readonly place: Place
  /** What became of the place by beginning: a breaker that lets a trial in. */
  readonly changes: readonly Change[]
}

/** What is remembered of providers: how well they do, how fast they are, and what is left of their limits. */
export interface Health {
  /**
   * A try begins, and is in flight until it is reported. Undefined where the place is not to be asked now: its breaker or
   * its key has as many trials as it may have, or its limit was used up since the plan was made.
   */
  begin(place: Place): Started | undefined
  /**
   * How it ended, at the END of its reply. A caller who left, a lost hedge and a fault of the caller's own count for
   * nothing; a second report of the same try does nothing.
   */
  report(started: Started, outcome: Outcome): readonly Change[]
  standing(place: Place): Standing
  /** For people: the places and keys that had traffic of late. */
  places(): readonly PlaceReading[]
  keys(): readonly KeyReading[]
}
