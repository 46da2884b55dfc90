/** A place that can answer: a provider and the name that it gives the model. */
export type Target = { readonly provider: string; readonly model: string }

export const sameTarget = (one: Target, other: Target): boolean =>
  one.provider === other.provider && one.model === other.model

/**
 * One try. Retry, failover and hedging are one list of these; only the places and the waits differ. A leg may have both
 * waits: it begins with whichever is over first, the backoff after a failure or the hedge's after a silence.
 */
export type Leg = {
  readonly target: Target
  /** Which of the provider's keys (`k1`, `k2` …); its first if left out. */
  readonly key?: string
  /** Not sooner than so long after the last failure at this target; on the first leg, after the plan was made. */
  readonly backoffMs?: number
  /** Begins beside the leg before it, if that has kept silent for so long. */
  readonly hedgeAfterMs?: number
}

/** What will be done for a request, as plain data, and why. The waits are in milliseconds. */
export type Plan = {
  /**
   * In the order in which they are to be begun. First each place once: the keys of a target, then the next target. Then
   * the targets again, with pauses. A failure that is not about the key leaves out the target's other keys until then.
   */
  readonly legs: readonly Leg[]
  readonly waits: Waits
  /** How the model's name led here, for `requests/{id}`. */
  readonly reason: string
  /** The most tries over all targets and keys; a leg that the health refuses to begin is none. */
  readonly tries: number
  /** So many of the first legs begin at once, and the first to succeed wins. */
  readonly race?: number
  /** Another target may continue a stream that broke off. */
  readonly standby: boolean
  /** A provider that asks for a pause at a place gets it there. */
  readonly respectRetryAfter: boolean
  /** No pause is longer: where a provider asks for more, this place is given up. */
  readonly maxWaitMs: number
  /** No place is free. The first will be after so long, and these are all that are waited for: then plan anew. */
  readonly queue?: { readonly freeInMs: number; readonly targets: readonly Target[] }
  /** How long the request has waited for its turn. */
  readonly queuedMs?: number
  /** A request that is the same and on its way may be joined, where its reply is no matter of chance. */
  readonly coalesce?: boolean
  /** The part of a hedge that the request earns: their share of the traffic. */
  readonly hedgeShare?: number
}

export type Waits = {
  /** From asking until the connection stands; no bound of its own if left out. */
  readonly connect?: number
  /** From asking until the first content of a stream. */
  readonly firstToken: number
  /** Between two reads of a stream. */
  readonly idle: number
  /** From the request's arrival until the whole reply is here, over all tries. */
  readonly total: number
}
