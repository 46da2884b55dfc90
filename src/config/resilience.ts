import { duration } from '../lib/units.ts'
import type { Written } from './schema.ts'

/** What makes a model hold when a provider does not. Times are in milliseconds. */
export type Resilience = {
  readonly timeout: TimeoutConfig
  readonly retry: RetryConfig
  readonly hedge?: HedgeConfig
  /** How many hedges a request is worth. */
  readonly hedgeShare: number
  readonly standby: boolean
  readonly breaker: BreakerConfig
  readonly probe?: { readonly everyMs: number }
  readonly coalesce: boolean
}

export type TimeoutConfig = {
  readonly connect?: number
  readonly firstToken: number
  readonly idle: number
  readonly total: number
}

export type RetryConfig = {
  readonly attempts: number
  readonly baseMs: number
  readonly maxMs: number
  readonly respectRetryAfter: boolean
  readonly maxWaitMs: number
}

export type HedgeConfig = { readonly after: number | Quantile; readonly max: number }

export type BreakerConfig = {
  readonly windowMs: number
  readonly minRequests: number
  readonly failureRate: number
  readonly openForMs: number
}

type Quantile = 'p50' | 'p90' | 'p95' | 'p99'

type Defaults = Written['defaults']

/** What a name of the operator's own says of itself. */
type Own = Pick<Written['models'][string], 'timeout' | 'retry' | 'hedge' | 'standby' | 'breaker' | 'probe' | 'coalesce'>

/** What is said for one name, field by field, before what holds everywhere. */
export const over = (own: Own, defaults: Defaults): Defaults => ({
  ...defaults,
  ...own,
  timeout: { ...defaults.timeout, ...own.timeout },
  retry: { ...defaults.retry, ...own.retry, backoff: { ...defaults.retry.backoff, ...own.retry?.backoff } },
  hedge: { ...defaults.hedge, ...own.hedge },
  breaker: { ...defaults.breaker, ...own.breaker },
})

export const resilienceOf = ({
  timeout,
  retry,
  hedge = {},
  standby,
  breaker,
  probe,
  coalesce,
}: Defaults): Resilience => ({
  timeout: {
    ...(timeout.connect !== undefined && { connect: timeout.connect }),
    firstToken: timeout.first_token,
    idle: timeout.idle,
    total: timeout.total,
  },
  retry: {
    attempts: retry.attempts,
    baseMs: retry.backoff.base,
    maxMs: retry.backoff.max,
    respectRetryAfter: retry.respect_retry_after,
    maxWaitMs: retry.max_wait,
  },
  ...(hedge.after !== undefined && { hedge: { after: afterOf(hedge.after), max: hedge.max ?? 1 } }),
  hedgeShare: hedge.share ?? 0.05,
  standby,
  breaker: {
    windowMs: breaker.window,
    minRequests: breaker.min_requests,
    failureRate: breaker.failure_rate,
    openForMs: breaker.open_for,
  },
  ...(probe && { probe: { everyMs: probe.every } }),
  coalesce,
})

/** The schema has let nothing else pass. */
const afterOf = (written: string): HedgeConfig['after'] => duration.read(written) ?? (written as Quantile)
