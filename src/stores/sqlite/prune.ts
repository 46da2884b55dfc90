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
    return inBatches({ database, clock, isClosed, remove: () => remove.run(batch, olderThan, highest).changes })
  }
}

type Batches = {
  readonly database: Database
  readonly clock: Clock
  readonly isClosed: () => boolean
  /** Removes a few, and says how many. */
  readonly remove: () => number
}

/** Removes a few at a time until none are left, and says how many they were. */
export async function inBatches({ database, clock, isClosed, remove }: Batches): Promise<number> {
  let removed = 0
  let refusals = 0
  while (!isClosed()) {
    try {
      const now = remove()
      refusals = 0
      removed += now
      if (now === 0) return removed
    } catch (error) {
      if (!isLocked(error) || ++refusals > mostRefusals) throw failure(database.filename, error)
    }
    await new Promise<void>(resolve => clock.after(pauseMs, resolve))
  }
  return removed
}
