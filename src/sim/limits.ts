/** The rate limits: two buckets that refill evenly over a minute. They inform and never refuse. */

/** Far above what one machine can ask for, so that a gateway which obeys the headers is never held back by them. */
const requestsPerMinute = 30_000_000
const tokensPerMinute = 3_000_000_000

export type Left = { readonly requests: Level; readonly tokens: Level }

export type Level = {
  readonly limit: number
  readonly remaining: number
  /** Milliseconds until the bucket is full again. */
  readonly reset: number
}

/** Takes one request and its tokens; `remaining` says something else than the truth about the requests. */
export type Limits = (tokens: number, remaining: number | undefined) => Left

export function keepLimits(now: () => number = () => performance.now()): Limits {
  const takeRequests = bucket(requestsPerMinute, now)
  const takeTokens = bucket(tokensPerMinute, now)
  return (used, remaining) => {
    const requests = takeRequests(1)
    const said = remaining === undefined ? requests : { ...requests, remaining, reset: 1000 }
    return { requests: said, tokens: takeTokens(used) }
  }
}

function bucket(limit: number, now: () => number): (taken: number) => Level {
  let used = 0
  let at = now()
  return taken => {
    const time = now()
    used = Math.min(limit, Math.max(0, used - ((time - at) * limit) / 60_000) + taken)
    at = time
    return { limit, remaining: Math.floor(limit - used), reset: (used / limit) * 60_000 }
  }
}

/** As OpenAI writes it: `12ms`, `1.5s`, `1m2.5s`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.ceil(ms)}ms`
  const minutes = Math.floor(ms / 60_000)
  const seconds = `${Math.ceil(ms - 60_000 * minutes) / 1000}s`
  return minutes === 0 ? seconds : `${minutes}m${seconds}`
}
