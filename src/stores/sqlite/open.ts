import { Database } from 'bun:sqlite'
import { accessSync, closeSync, constants, openSync } from 'node:fs'
import type { Clock } from '../../lib/clock.ts'
import type { Record } from '../../model/record.ts'
import type { Store } from '../store.ts'
import { failure } from './failure.ts'
import { groupOf } from './group.ts'
import { sqliteKeys } from './keys.ts'
import { migrate } from './migrate.ts'
import { pruneOf } from './prune.ts'
import { readerOf } from './read.ts'
import { sqliteReplays } from './replays.ts'
import { sqliteReplies } from './replies.ts'
import { sqliteSettings } from './settings.ts'
import { writerOf } from './write.ts'

export type SqliteOptions = {
  readonly clock: Clock
  readonly synchronous: keyof typeof synchronousPragmas
}

/** `normal` survives the death of the process, `full` a power cut too, at two to five times the price of a row. */
const synchronousPragmas = {
  normal: 'PRAGMA synchronous = NORMAL',
  full: 'PRAGMA synchronous = FULL',
}

export function openSqlite(path: string, options: SqliteOptions): Store {
  try {
    return open(path, options)
  } catch (error) {
    throw failure(path, error)
  }
}

function open(path: string, { clock, synchronous }: SqliteOptions): Store {
  if (path === ':memory:') throw new Error('it is memory, which two connections cannot share. Open the memory store')
  createPrivately(path)
  const pragma = synchronousPragmas[synchronous]
  // Two connections: what people ask for waits for a lock, what requests write must not (group.ts waits instead).
  const desk = connect(path, pragma)
  const writer = connect(path, pragma)
  writer.run('PRAGMA busy_timeout = 0')
  // SQLite carries the log into the file by itself, every 1,000 pages. At 1,000 rows a second that makes one row in a
  // thousand wait for 5 ms, on a fast disk. A second thread for it was tried: 3 ms for that row, but 14 ms for the
  // longest wait where this has 9, and a log of 20 MB where this has 4. A log that grew is cut back to 64 MiB.
  writer.run('PRAGMA journal_size_limit = 67108864')
  const write = writerOf(writer)
  const group = groupOf<Record>({ write, clock, most: 256, room: 20_000, patienceMs: 5000 })
  let closing: Promise<void> | undefined
  const isClosed = (): boolean => closing !== undefined
  const { replays, close: closeReplays } = sqliteReplays({ reader: desk, writer, isClosed }, { clock })

  async function close(): Promise<void> {
    await Promise.all([group.close(), closeReplays()])
    // The last one to leave carries the log into the database and removes it.
    writer.close(true)
    desk.close(true)
  }

  return {
    keys: sqliteKeys(desk, clock),
    settings: sqliteSettings(desk),
    replies: sqliteReplies(desk),
    replays,
    ledger: {
      ...readerOf(desk),
      append: group.append,
      prune: pruneOf(writer, clock, isClosed),
    },
    close: () => (closing ??= close()),
  }
}

function connect(path: string, pragma: string): Database {
  const database = new Database(path, { readwrite: true, create: true, strict: true })
  try {
    database.run('PRAGMA busy_timeout = 2000')
    database.run(pragma)
    writeAhead(database)
    migrate(database)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

function writeAhead(database: Database): void {
  const [mode] = database.query('PRAGMA journal_mode = WAL').values()[0] ?? []
  if (mode !== 'wal') throw new Error('its file system cannot hold a write-ahead log. Use a local disk')
}

/** A file that is there must be one that we may write: SQLite would open it for reading, and fail at the first row. */
function createPrivately(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    accessSync(path, constants.W_OK)
  }
}
