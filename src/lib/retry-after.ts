import { momentOf, systemClock } from './clock.ts'

/** Nobody waits longer than this on a provider's word. */
const longestMs = 3_600_000

/**
 * How long a provider asks to wait, in milliseconds: `retry-after-ms` (OpenAI, Azure), or `retry-after` in seconds or as
 * a date (RFC 9110 section 10.2.3). Nonsense and negative times are nothing; a year is an hour.
 */
export function readRetryAfter(
  header: (name: string) => string | undefined,
  wall: () => number = systemClock.wall,
): number | undefined {
  const ms = positive(header('retry-after-ms')) ?? fromSeconds(header('retry-after'), wall)
  return ms === undefined ? undefined : Math.min(ms, longestMs)
}

function fromSeconds(value: string | undefined, wall: () => number): number | undefined {
  if (value === undefined) return undefined
  const seconds = positive(value)
  if (seconds !== undefined) return seconds * 1000
  const date = /[a-z]/i.test(value) ? momentOf(value) : undefined
  return date === undefined ? undefined : Math.max(0, date - wall())
}

function positive(value: string | undefined): number | undefined {
  const number = value === undefined || value.trim() === '' ? Number.NaN : Number(value)
  return Number.isFinite(number) && number >= 0 ? number : undefined
}
