import type { Place } from '../model/health.ts'
import type { Target, Waits } from '../model/plan.ts'

/** What can be asked for here: the operator's aliases, and the providers that can be reached. */
export type Directory = {
  readonly aliases: ReadonlyMap<string, Alias>
  readonly providers: readonly Reachable[]
  /** How a request is carried through whose name is no alias. */
  readonly manner: Manner
}

/** A name of the operator's own. */
export type Alias = {
  /** Every target, in order of preference. */
  readonly targets: readonly Target[]
  /** Those whose provider is ready. */
  readonly candidates: readonly Candidate[]
  readonly manner: Manner
}

/** A target that may be chosen, and the places at which it can be asked: one for each key of its provider. */
export type Candidate = {
  readonly target: Target
  /** Its share of the traffic, relative to the others. */
  readonly weight: number
  readonly spots: readonly Spot[]
}

export type Spot = {
  readonly place: Place
  /** As it stands in a leg: left out where the provider has one key only. */
  readonly key: string | undefined
  readonly weight: number
}

export type Strategy = 'ordered' | 'weighted' | 'latency' | 'cost' | 'score' | 'race'

/** What the config says of how a request is carried through. Times are in milliseconds. */
export type Manner = {
  readonly strategy: Strategy
  readonly weigh: Weigh
  readonly retry: Retry
  readonly hedge: Hedge | undefined
  /** How many hedges a request is worth. */
  readonly hedgeShare: number
  /** Requests that are the same share one reply. */
  readonly coalesce: boolean
  readonly standby: boolean
  readonly waits: Waits
}

/** What counts how much in a score. */
export type Weigh = { readonly cost: number; readonly latency: number; readonly quality: number }

export type Retry = {
  /** How often one target may be asked. */
  readonly attempts: number
  readonly baseMs: number
  readonly maxMs: number
  readonly respectRetryAfter: boolean
  readonly maxWaitMs: number
}

/** After so long, or after this quantile of the target's own latency, `max` others are asked besides. */
export type Hedge = { readonly after: number | 'p50' | 'p90' | 'p95' | 'p99'; readonly max: number }

/** One of a provider's keys: its id, and its share of the traffic. */
export type PoolKey = { readonly id: string; readonly weight: number }

export type Reachable = {
  readonly id: string
  /** Has its key, or needs none. */
  readonly ready: boolean
  /** What to set when it is not ready: the environment variable's name. */
  readonly keyName: string | undefined
  readonly keys: readonly PoolKey[]
  /** The only models that it has; undefined if any name may be sent on. */
  readonly models: readonly string[] | undefined
  /** Its models' names may go on after this mark, with wishes of their own (`echo+slow=200`). */
  readonly suffix?: string
  /** Beginnings of the names of models of its own. */
  readonly serves: readonly string[]
  /** From the operator's config: asked before those that are merely known. */
  readonly configured: boolean
  /** Models known by name, for listing and for "did you mean". */
  readonly listed: readonly string[]
}

/** The id of a provider's only key. */
export const onlyKey = 'k1'

/** A model of a provider, as one that may be chosen. */
export function candidateOf({ id: provider, keys }: Reachable, model: string, weight = 1): Candidate {
  const spotOf = ({ id: key, weight: share }: PoolKey): Spot => ({
    place: { provider, model, key },
    key: keys.length > 1 ? key : undefined,
    weight: share,
  })
  return { target: { provider, model }, weight, spots: (keys.length > 0 ? keys : keyless).map(spotOf) }
}

const keyless: readonly PoolKey[] = [{ id: onlyKey, weight: 1 }]
