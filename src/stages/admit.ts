import type { Permit } from '../line.ts'
import type { Caller } from '../model/caller.ts'
import { Fault } from '../model/fault.ts'
import type { Counters, Taken } from '../ports/counters.ts'

const minuteMs = 60_000
const unlimited: Permit = { headers: {} }

/** Whether this key may ask now. Refuses with `rate_limited` and the time until it may. */
export function admit(caller: Caller, counters: Counters): Permit | Promise<Permit> {
  const { rpm } = caller.limits
  if (rpm === undefined) return unlimited
  const taken = counters.take(`rpm:${caller.keyId}`, rpm, minuteMs)
  return taken instanceof Promise ? taken.then(permitted) : permitted(taken)
}

function permitted(taken: Taken): Permit {
  if (!taken.ok) throw refused(taken)
  return { headers: limitHeaders(taken) }
}

function refused(taken: Taken): Fault {
  const seconds = Math.ceil(taken.retryAfterMs / 1000)
  return new Fault('rate_limited', `This key may ask ${taken.limit} times a minute. Try again in ${seconds} s.`, {
    retryAfterMs: taken.retryAfterMs,
    headers: limitHeaders(taken),
  })
}

/** What is left, as OpenAI tells it (platform.openai.com/docs/guides/rate-limits, "Rate limits in headers"). */
const limitHeaders = (taken: Taken): Readonly<Record<string, string>> => ({
  'x-ratelimit-limit-requests': `${taken.limit}`,
  'x-ratelimit-remaining-requests': `${taken.remaining}`,
  'x-ratelimit-reset-requests': `${Math.ceil(taken.resetMs / 1000)}s`,
})
