import type { Gauge, LimitReading } from '../model/health.ts'

/** What a reply told of its provider's limits, and whether it was a refusal for them. */
export type Told = {
  readonly refused: boolean
  readonly retryAfterMs: number | undefined
  readonly gauges: readonly Gauge[]
}

/**
 * What is remembered of the limits of one place. A refusal is a fact: the place is left alone for as long as it said. A
 * gauge at zero is a hint: others are asked before it.
 */
export type Rates = {
  readonly requests: Left | undefined
  readonly tokens: Left | undefined
  readonly pausedUntil: number
  /** Refusals one after the other that said nothing of when. */
  readonly refusals: number
}

type Left = { readonly limit: number | undefined; readonly remaining: number; readonly resetAt: number | undefined }

/** No provider is believed for longer: a wrong word of it costs one try in this time, and no more of the service. */
const longestMs = 300_000

/** A refusal without a time: a short pause, and twice as long after each further one. */
const firstPauseMs = 1_000
const longestPauseMs = 10_000

export const unlimited: Rates = {
  requests: undefined,
  tokens: undefined,
  pausedUntil: Number.NEGATIVE_INFINITY,
  refusals: 0,
}

/** A try begins: of the requests that were left, one less is. */
export function spent(rates: Rates): Rates {
  const { requests } = rates
  if (!requests || requests.remaining < 1) return rates
  return { ...rates, requests: { ...requests, remaining: requests.remaining - 1 } }
}

/** A reply told its provider's limits. A pause is never made shorter; a `retry-after` on a reply that is well is none. */
export function told(rates: Rates, { refused, retryAfterMs, gauges }: Told, now: number): Rates {
  if (!refused && gauges.length === 0 && rates.refusals === 0) return rates
  return heeded(rates, { refused, retryAfterMs, gauges }, now)
}

function heeded(rates: Rates, { refused, retryAfterMs, gauges }: Told, now: number): Rates {
  const requests = leftOf('requests', gauges, now) ?? rates.requests
  const tokens = leftOf('tokens', gauges, now) ?? rates.tokens
  if (!refused) return { requests, tokens, pausedUntil: rates.pausedUntil, refusals: 0 }
  const empty = gauges.filter(gauge => gauge.remaining === 0).map(gauge => gauge.resetMs ?? 0)
  const wait = retryAfterMs || Math.max(0, ...empty)
  const refusals = wait > 0 ? rates.refusals : rates.refusals + 1
  const pause = wait > 0 ? Math.min(wait, longestMs) : Math.min(firstPauseMs * 2 ** (refusals - 1), longestPauseMs)
  return { requests, tokens, pausedUntil: Math.max(rates.pausedUntil, now + pause), refusals }
}

/** Of several gauges of one kind (by minute, by day) the one that is nearest to its end. */
function leftOf(of: Gauge['of'], gauges: readonly Gauge[], now: number): Left | undefined {
  const [least] = gauges.filter(gauge => gauge.of === of).toSorted(byWant)
  if (!least) return undefined
  const { limit, remaining, resetMs } = least
  return { limit, remaining, resetAt: resetMs === undefined ? undefined : now + Math.min(resetMs, longestMs) }
}

const byWant = (one: Gauge, other: Gauge): number =>
  shareOf(one) - shareOf(other) || (other.resetMs ?? 0) - (one.resetMs ?? 0)

const shareOf = ({ remaining, limit }: Gauge): number => (remaining === 0 ? 0 : remaining / (limit ?? remaining))

/** Until when its gauges say that nothing is left; the past if something is, or if nobody knows when it refills. */
export const emptyUntil = ({ requests, tokens }: Rates): number => Math.max(endOf(requests), endOf(tokens))

const endOf = (left: Left | undefined): number =>
  left && left.remaining === 0 ? (left.resetAt ?? Number.NEGATIVE_INFINITY) : Number.NEGATIVE_INFINITY

/** For people. */
export function readRates({ requests, tokens }: Rates, now: number) {
  return { requests: readLeft(requests, now), tokens: readLeft(tokens, now) }
}

function readLeft(left: Left | undefined, now: number): LimitReading | undefined {
  if (!left) return undefined
  const { limit, remaining, resetAt } = left
  // Once it has refilled nobody knows what is left.
  if (resetAt !== undefined && resetAt <= now) return { limit, remaining: undefined, resetMs: 0 }
  return { limit, remaining, resetMs: resetAt === undefined ? undefined : resetAt - now }
}
