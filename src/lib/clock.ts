import { type Alarm, LongWaits } from './long-waits.ts'

/** The only door to time. A test owns it by handing in its own. */
export interface Clock {
  /** Milliseconds since some moment, never going back; for measuring. */
  readonly now: () => number
  /** Milliseconds since 1970, for writing down. */
  readonly wall: () => number
  /** Calls `ring` once after `ms` milliseconds, or up to a hundredth later. The answer cancels it; cancelling twice is harmless. */
  readonly after: (ms: number, ring: () => void) => () => void
}

const now = (): number => performance.now()

const longMs = 1_000
const longWaits = new LongWaits({ now, set: alarm })

export const systemClock: Clock = {
  now,
  wall: () => Date.now(),
  after: (ms, ring) => (ms < longMs ? alarm(ms, ring).cancel : longWaits.after(ms, ring)),
}

function alarm(ms: number, ring: () => void): Alarm {
  const timer = setTimeout(ring, ms)
  return { cancel: () => clearTimeout(timer), hold: held => void (held ? timer.ref() : timer.unref()) }
}

/** A moment as the runtime's own type, for packages that want one. */
export const dateAt = (wall: number): Date => new Date(wall)

/** The moment that a date names (RFC 9110 section 5.6.7, or ISO 8601), in milliseconds since 1970. */
export function momentOf(date: string): number | undefined {
  const wall = Date.parse(date)
  return Number.isNaN(wall) ? undefined : wall
}
