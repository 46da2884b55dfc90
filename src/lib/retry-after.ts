import { momentOf, systemClock } from './clock.ts'

/** Nobody waits longer than this on a provider's word. */
const longestMs = 3_600_000

/**
 * How long a provider asks to wait, in milliseconds: `retry-after-ms` (OpenAI, Azure), or `retry-after` in seconds or as
 * a date (RFC 9110 section 10.2.3). Nonsense and negative times are nothing; a year is an hour. Azure sends 0 ms beside a
 * whole second: a part of a millisecond, rounded, so the second counts.
 */
export function readRetryAfter(
  header: (name: string) => string | undefined,
  wall: () => number = systemClock.wall,
): number | undefined {
  const ms = readWait(withUnit(header('retry-after-ms'), 'ms'), wall)
  return ms || (readWait(header('retry-after'), wall) ?? ms)
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `250ms`, `1.5s`, `6m0s`, `1h2m3.5s`: as OpenAI, Groq and Google write spans. */
const span = /^(?:\d+(?:\.\d+)?(?:ms|[smhd]))+$/

/** A bare number from here on is a moment in seconds since 1970, and from there on in milliseconds. */
const firstSecond = 1e9
const firstMillisecond = 1e12

/**
 * How long it is until a time that a provider names, in milliseconds: a span, seconds, a moment since 1970, a date. The
 * past is 0; what is no time is undefined.
 */
export function readWait(text: string | undefined, wall: () => number = systemClock.wall): number | undefined {
  if (text === undefined) return undefined
  const written = text.trim().toLowerCase()
  if (span.test(written)) return bounded(spanOf(written))
  if (/^\d+(\.\d+)?$/.test(written)) return bounded(numberOf(Number(written), wall))
  // A date has letters in it (RFC 9110) or dashes and a colon (RFC 3339); `-5` is none, whatever a parser makes of it.
  const date = /[a-z]{3}|\d-\d\d.*:/.test(written) ? momentOf(text.trim()) : undefined
  return date === undefined ? undefined : bounded(date - wall())
}

const bounded = (ms: number): number => Math.min(Math.max(0, ms), longestMs)

const spanOf = (written: string): number =>
  written
    .matchAll(/(\d+(?:\.\d+)?)(ms|[smhd])/g)
    .reduce((sum, [, amount, unit]) => sum + Number(amount) * (units[unit ?? ''] ?? 0), 0)

function numberOf(number: number, wall: () => number): number {
  if (number >= firstMillisecond) return number - wall()
  return number >= firstSecond ? number * 1000 - wall() : number * 1000
}

/** A bare number in the given unit. */
export const withUnit = (number: string | undefined, unit: 'ms' | 's'): string | undefined =>
  number === undefined ? undefined : `${number.trim()}${unit}`
