import type { Database } from 'bun:sqlite'
import type { Record } from '../../model/record.ts'
import { failure, isLocked, isRowsOwn } from './failure.ts'
import type { Outcome } from './group.ts'
import { columns, toCells } from './row.ts'

/**
 * Writes rows in one transaction, each at most once: a row whose id is there already is left as it was. If the
 * transaction fails as a whole, every row is tried alone, so that none is refused for another's sake.
 */
export function writerOf(
  database: Database,
  committed: () => void,
): (records: readonly Record[]) => readonly Outcome[] {
  const insert = database.query(
    `INSERT INTO requests (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})
     ON CONFLICT (id) DO NOTHING`,
  )
  const begin = database.query('BEGIN IMMEDIATE')
  const commit = database.query('COMMIT')
  const rollback = database.query('ROLLBACK')

  function together(records: readonly Record[]): readonly Outcome[] {
    begin.run()
    const outcomes = records.map(record => outcomeOf(record, isRowsOwn))
    commit.run()
    committed()
    return outcomes
  }

  /** Errors that `mine` does not recognise are not this row's alone, and go on. */
  function outcomeOf(record: Record, mine: (error: unknown) => boolean): Outcome {
    try {
      insert.run(...toCells(record))
      return 'written'
    } catch (error) {
      if (isLocked(error)) return 'locked'
      if (!mine(error)) throw error
      return failure(database.filename, error)
    }
  }

  function alone(record: Record): Outcome {
    const outcome = outcomeOf(record, () => true)
    if (outcome === 'written') committed()
    return outcome
  }

  return records => {
    if (records.length < 2) return records.map(alone)
    try {
      return together(records)
    } catch (error) {
      if (database.inTransaction) rollback.run()
      return isLocked(error) ? records.map(() => 'locked') : records.map(alone)
    }
  }
}
