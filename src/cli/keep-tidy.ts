import type { Clock } from '../lib/clock.ts'
import type { Log } from '../observe/log.ts'
import type { Store } from '../stores/store.ts'

const hourMs = 3_600_000
const keptMs = 90 * 24 * hourMs

/** Forgets ledger rows of more than 90 days, every hour. The answer stops it. */
export function keepTidy(store: Store, clock: Clock, log: Log): () => void {
  let cancel = clock.after(hourMs, tidy)

  function tidy(): void {
    cancel = clock.after(hourMs, tidy)
    store.ledger.prune(clock.wall() - keptMs).then(
      rows => rows > 0 && log.event('pruned', { rows }),
      cause => log.error('Old rows could not be deleted from the ledger.', cause),
    )
  }

  return () => cancel()
}
