import type { Target } from './plan.ts'

/** Where a try goes: a target, and one of its provider's keys (`k1`, `k2` …). What is learnt is learnt per place. */
export type Place = Target & { readonly key: string }

/** How a try ended: told once, when its reply is over and not when it begins. Times are in milliseconds. */
export type Outcome = {
  /** What it met, and whether that says something of the place's health; undefined if the reply was whole. */
  readonly failure?: { readonly kind: string; readonly counts: boolean } | undefined
  /** The provider's own status, if it came to one: a fault's may be another. */
  readonly status?: number | undefined
  /** From asking to the end of the reply. */
  readonly latencyMs?: number | undefined
  /** From asking to the first content of a stream. */
  readonly firstTokenMs?: number | undefined
  /** Tokens of the reply, thoughts included. */
  readonly outputTokens?: number | undefined
  /** Tokens of the whole call. */
  readonly tokens?: number | undefined
  /** The headers of the provider's reply, for what they tell of its limits. */
  readonly header?: ((name: string) => string | undefined) | undefined
  /** The text of a refusal, for what it tells of limits. */
  readonly body?: string | undefined
}

export type BreakerState = 'closed' | 'half-open' | 'open'

/** Something that became of a place, or of a key, by a try: an event for the log and under the request. */
export type Change =
  | { readonly type: 'breaker'; readonly place: Place; readonly from: BreakerState; readonly to: BreakerState }
  | {
      readonly type: 'key'
      readonly provider: string
      readonly key: string
      /** Where it was refused for this model only. */
      readonly model?: string | undefined
      readonly action: 'disabled' | 'enabled'
      /** The status for which it was disabled. */
      readonly status?: number | undefined
      /** How long it is left alone. */
      readonly forMs?: number | undefined
    }

/** Why others are asked before a place: its breaker is open, its provider's limit or the operator's own is used up, or
 * its key was refused. */
export type Hindrance = 'breaker' | 'limit' | 'own-limit' | 'key'

/** What a plan has to know of a place. Times are on the measuring clock. */
export type Standing = {
  /** When it may be asked again; not later than now if it may be. */
  readonly freeAt: number
  /** Undefined if it may be asked now. */
  readonly hindrance: Hindrance | undefined
  /** The hindrance is no more than a hint: a limit that seems used up and was not refused for, a key that was refused. */
  readonly hint: boolean
  /** 0 to 1: the share of tries that did well of late, 1 where little is known. */
  readonly reliability: number
  readonly inFlight: number
  /** When a try began there last; undefined if none has. */
  readonly askedAt: number | undefined
  readonly latency: Quantiles | undefined
  readonly firstToken: Quantiles | undefined
}

/** In milliseconds, or in tokens per second. */
export type Quantiles = { readonly p50: number; readonly p90: number; readonly p95: number; readonly p99: number }

/** What went on at a place in one window. Errors are counted by their kind. */
export type WindowReading = {
  readonly requests: number
  readonly errors: Readonly<Record<string, number>>
  readonly latency: Quantiles | undefined
  readonly firstToken: Quantiles | undefined
  readonly tokensPerSecond: Quantiles | undefined
}

/** One of a provider's limits as a reply told it. */
export type Gauge = {
  readonly of: 'requests' | 'tokens'
  readonly limit: number | undefined
  /** Never negative. */
  readonly remaining: number
  /** Until it has refilled, from the reply's end; undefined where it does not say. */
  readonly resetMs: number | undefined
}

/** What is left of one of a provider's own limits, as it last told. */
export type LimitReading = {
  readonly limit: number | undefined
  readonly remaining: number | undefined
  readonly resetMs: number | undefined
}

/** All that is known of a place, for people. Times are in milliseconds from now. */
export type PlaceReading = {
  readonly place: Place
  readonly inFlight: number
  readonly breaker: BreakerState
  /** Until it may be asked again; 0 if it may be. */
  readonly freeInMs: number
  readonly hindrance: Hindrance | undefined
  readonly limits: { readonly requests?: LimitReading | undefined; readonly tokens?: LimitReading | undefined }
  readonly minute: WindowReading
  readonly fiveMinutes: WindowReading
}

export type KeyReading = {
  readonly provider: string
  readonly key: string
  readonly state: 'enabled' | 'on trial' | 'disabled'
  readonly status: number | undefined
  readonly freeInMs: number
  /** In the last sixty seconds. */
  readonly requests: number
  readonly tokens: number
}
