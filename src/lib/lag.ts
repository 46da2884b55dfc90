import type { Clock } from './clock.ts'

export type Lag = {
  /** How late work begins of late, in milliseconds. */
  ms(): number
  stop(): void
}

const everyMs = 100
/** How much of a sample counts at once: so that a single pause, for collecting garbage or in sleep, is not yet a trend. */
const weight = 0.3

/**
 * Watches how late a timer rings that should ring ten times a second: when more is to be done than there is time for,
 * everything begins later and later. One sample counts for no more than `most`.
 */
export function watchLag(clock: Clock, most: number): Lag {
  let lag = 0
  let due = clock.now() + everyMs
  let cancel = clock.after(everyMs, ring)

  function ring(): void {
    const late = Math.min(most, Math.max(0, clock.now() - due))
    lag += (late - lag) * weight
    due = clock.now() + everyMs
    cancel = clock.after(everyMs, ring)
  }

  return { ms: () => lag, stop: () => cancel() }
}
