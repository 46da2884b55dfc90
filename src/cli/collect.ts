import { memoryUsage } from 'node:process'
import type { Clock } from '../lib/clock.ts'
import type { InFlight } from './in-flight.ts'

const everyMs = 500
const crowd = 500
const growthBytes = 0.5e6

/**
 * Collects garbage while many requests are open and memory grows. The buffers of two thousand streams lie outside the heap
 * that the runtime watches, so by itself it collects them late: 190 MB of RSS without this, 146 with it. A collection stops
 * the process for 20 to 40 ms, so there is none where the last one's is all that there is: it is while streams begin that
 * memory grows, and not while they are told. The answer stops it.
 */
export function collectWhileCrowded(
  inFlight: InFlight,
  clock: Clock,
  memory: () => number = () => memoryUsage.rss(),
): () => void {
  let cancel = clock.after(everyMs, look)
  let kept = 0

  function look(): void {
    cancel = clock.after(everyMs, look)
    if (inFlight.count < crowd) {
      kept = 0
      return
    }
    const held = memory()
    if (held < kept + growthBytes) {
      kept = Math.min(kept, held)
      return
    }
    Bun.gc(true)
    kept = memory()
  }

  return () => cancel()
}
