import type {
  BreakerState,
  Change,
  Gauge,
  Hindrance,
  KeyReading,
  Outcome,
  Place,
  PlaceReading,
  Standing,
} from '../model/health.ts'

/** A try that has begun. To be reported once, however it ends. */
export type Started = {
  readonly place: Place
  /** What became of the place by beginning: a breaker that lets a trial in. */
  readonly changes: readonly Change[]
}

/** What is remembered of providers: how well they do, how fast they are, and what is left of their limits. */
export interface Health {
  /**
   * A try begins, and is in flight until it is reported. Undefined where the place is not to be asked now: its breaker has
   * as many trials as it may have, or the key's own limit was used up since the plan was made.
   */
  readonly begin: (place: Place) => Started | undefined
  /**
   * How it ended, at the END of its reply. A caller who left, a lost hedge and a fault of the caller's own count for
   * nothing; a second report of the same try does nothing.
   */
  readonly report: (started: Started, outcome: Outcome) => readonly Change[]
  /** Live: what it says is so when it is read. */
  readonly standing: (place: Place) => Standing
  /** For people: the places and keys that had traffic of late. */
  readonly places: () => readonly PlaceReading[]
  readonly keys: () => readonly KeyReading[]
}

/** What an operator says of a place: when its breaker opens, and what its key may do. */
export type PlaceRules<BreakerRule> = {
  readonly breaker: BreakerRule
  /** Requests and tokens that the key may have in any sixty seconds. */
  readonly rpm?: number | undefined
  readonly tpm?: number | undefined
  /** Changes when the id stands for another secret: what was learnt of the old one is forgotten. */
  readonly print?: string | undefined
}

/** What a place and its key are remembered as. The store keeps it and does not look inside. */
export type Both<P, K> = { readonly place: P; readonly key: K }

/** Tells a place, the rule for it and the time to whoever decides. */
export type Case<Rule> = { readonly place: Place; readonly rule: Rule; readonly now: number }

/** How a try ended, as far as a decision hangs on it. */
export type Ending = Pick<Outcome, 'failure' | 'status'> & {
  readonly retryAfterMs: number | undefined
  readonly gauges: readonly Gauge[]
}

/** Decides what becomes of a place and its key: pure. A store remembers what it answers. */
export interface Judge<P, K, Ticket, Rule> {
  /** What nothing is known of yet. */
  readonly fresh: Both<P, K>
  begin(
    both: Both<P, K>,
    of: Case<Rule>,
  ): (Both<P, K> & { readonly ticket: Ticket; readonly changes: readonly Change[] }) | undefined
  end(
    both: Both<P, K>,
    ticket: Ticket,
    ending: Ending,
    of: Case<Rule>,
  ): Both<P, K> & { readonly changes: readonly Change[] }
  /** From when it may be asked, in the past if it may now, and why not sooner. What is sure is told before what is a hint. */
  freeAt(both: Both<P, K>, now: number): { readonly at: number; readonly hindrance: Hindrance; readonly hint: boolean }
  readPlace(place: P, now: number): { readonly breaker: BreakerState; readonly limits: PlaceReading['limits'] }
  readKey(key: K, now: number): Pick<KeyReading, 'state' | 'status' | 'freeInMs'>
}
