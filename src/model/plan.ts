/** A place that can answer: a provider and the name that it gives the model. */
export type Target = { readonly provider: string; readonly model: string }

/**
 * One try. It starts when the one before it has failed, or has kept silent for `hedgeAfterMs`. Retry, failover and hedging
 * are all lists of legs; only the targets, the keys and the waits differ. The waits are in milliseconds.
 */
export type Leg = {
  readonly target: Target
  /** The id of one of the provider's keys (`k1`, `k2`, …); its first if left out. */
  readonly key?: string
  /** The pause before it, where its place was asked before. */
  readonly backoffMs?: number
  /** The silence of the leg before it after which it starts beside that one. */
  readonly hedgeAfterMs?: number
}

/** What will be done for a request, as plain data, and why. The waits are in milliseconds. */
export type Plan = {
  readonly legs: readonly Leg[]
  readonly waits: Waits
  /** How the model's name led here, for `requests/{id}`. */
  readonly reason: string
  /** The most tries, over all targets and keys: the one retry budget of the request. */
  readonly tries: number
  /** So many legs start together, and the first to answer wins. */
  readonly race?: number
  /** Another target may go on with a stream that broke off. */
  readonly standby: boolean
  /** Ask the same place again only after as long as its provider asked for. */
  readonly respectRetryAfter: boolean
  /** The longest wait that a provider may ask for; beyond it the place is given up. */
  readonly maxWaitMs: number
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
