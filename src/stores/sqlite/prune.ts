import type { Database } from 'bun:sqlite'
import type { Clock } from '../../lib/clock.ts'
import type { Retention } from '../store.ts'
import { failure, isLocked } from './failure.ts'

/** Between two batches the rows of requests go first. */
const pauseMs = 5

/** So often in a row may the database be found locked before pruning gives up. */
const mostRefusals = 200

/**
 * Forgets old rows, a small batch at a time from the oldest on, so that no request waits long. What is freed is used
 * again by new rows: the file stops growing, it does not shrink (VACUUM does that, while nobody is served).
 */
export function pruneOf(database: Database, clock: Clock, isClosed: () => boolean): Retention['prune'] {
  const newest = database.query<{ seq: number | null }, []>('SELECT max(seq) AS seq FROM requests')
  const remove = database.query(
    `DELETE FROM requests
     WHERE seq IN (SELECT seq FROM requests ORDER BY seq LIMIT ?) AND (at < ? OR seq <= ?)`,
  )

  return async (olderThan, { batch = 200, keep = Infinity } = {}) => {
    const highest = Math.max((newest.get()?.seq ?? 0) - keep, 0)
    let pruned = 0
    let refusals = 0
    while (!isClosed()) {
      try {
        const { changes } = remove.run(batch, olderThan, highest)
        refusals = 0
        pruned += changes
        if (changes === 0) return pruned
      } catch (error) {
        if (!isLocked(error) || ++refusals > mostRefusals) throw failure(database.filename, error)
      }
      await new Promise<void>(resolve => clock.after(pauseMs, resolve))
    }
    return pruned
  }
}
