/** The only door to time. A test owns it by handing in its own. */
export interface Clock {
  /** Milliseconds since some moment, never going back; for measuring. */
  now(): number
  /** Milliseconds since 1970, for writing down. */
  wall(): number
  /** Calls `ring` once after `ms` milliseconds. The answer cancels it; cancelling twice is harmless. */
  after(ms: number, ring: () => void): () => void
}

export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after: (ms, ring) => {
    const timer = setTimeout(ring, ms)
    return () => clearTimeout(timer)
  },
}

/** A moment as the runtime's own type, for packages that want one. */
export const dateAt = (wall: number): Date => new Date(wall)

/** The moment that a date names (RFC 9110 section 5.6.7, or ISO 8601), in milliseconds since 1970. */
export function momentOf(date: string): number | undefined {
  const wall = Date.parse(date)
  return Number.isNaN(wall) ? undefined : wall
}
