import { Fault } from '../model/fault.ts'
import type { Happening } from '../model/happening.ts'

/** How much is going on, and how much may. */
export type Load = {
  /** The requests that have come in and are not settled, the one at hand among them. */
  inFlight(): number
  /** How late work begins of late, in milliseconds. */
  lagMs(): number
}

export type LoadLimits = { readonly maxInFlight: number; readonly maxLagMs: number }

/** The load is other in a second. */
const retryAfterMs = 1_000

/**
 * Turns a request away while there are too many, or while each already waits too long for its turn: those that are on
 * their way are better served to their end. Before its body is read, so that saying no stays cheap.
 */
export function shed(load: Load, limits: LoadLimits, tell: (happening: Happening) => void): void {
  const reason = overloadOf(load, limits)
  if (reason === undefined) return
  tell({ type: 'shed', reason })
  throw new Fault('overloaded', 'Thalamus has more requests than it can serve now. Try again in a second.', {
    retryAfterMs,
  })
}

function overloadOf(load: Load, { maxInFlight, maxLagMs }: LoadLimits): 'in_flight' | 'lag' | undefined {
  if (load.inFlight() > maxInFlight) return 'in_flight'
  return load.lagMs() >= maxLagMs ? 'lag' : undefined
}
