import type { Database } from 'bun:sqlite'
import type { Record } from '../../model/record.ts'
import { failure, isLocked, isRowsOwn } from './failure.ts'
import type { Outcome } from './group.ts'
import { type Cell, columns, toCells } from './row.ts'

/**
 * Writes rows in one transaction, each at most once: a row whose id is there already is left as it was. If the
 * transaction fails as a whole, every row is tried alone, so that none is refused for another's sake.
 */
export function writerOf(database: Database): (records: readonly Record[]) => readonly Outcome[] {
  const insert = insertOf(database)
  const begin = database.query('BEGIN IMMEDIATE')
  const commit = database.query('COMMIT')
  const rollback = database.query('ROLLBACK')

  function together(records: readonly Record[]): readonly Outcome[] {
    begin.run()
    const outcomes = records.map(record => outcomeOf(record, isRowsOwn))
    commit.run()
    return outcomes
  }

  /** Errors that `mine` does not recognise are not this row's alone, and go on. */
  function outcomeOf(record: Record, mine: (error: unknown) => boolean): Outcome {
    try {
      insert.run(toCells(record))
      return 'written'
    } catch (error) {
      if (isLocked(error)) return 'locked'
      if (!mine(error)) throw error
      return failure(database.filename, error)
    }
  }

  const alone = (record: Record): Outcome => outcomeOf(record, () => true)

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

/**
 * One row a statement: several make SQLite keep a journal for it, and cost a fifth more. The cells go in as one array,
 * which Bun takes though its types do not say so: spread, each row is copied twice.
 */
function insertOf(database: Database) {
  const insert: unknown = database.query(
    `INSERT INTO requests (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})
     ON CONFLICT (id) DO NOTHING`,
  )
  return insert as { run(cells: readonly Cell[]): void }
}
