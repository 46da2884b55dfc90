import type { Database } from 'bun:sqlite'
import type { Clock } from '../../lib/clock.ts'
import type { Kept, Replays } from '../../ports/replays.ts'
import { memoryReplays } from '../memory/replays.ts'
import type { Tidying } from '../store.ts'
import { failure, isLocked } from './failure.ts'
import { groupOf, type Outcome } from './group.ts'
import { inBatches } from './prune.ts'
import { fromMaybe, fromText, type Text, toMaybe, toText } from './text.ts'

export type ReplayOptions = {
  readonly clock: Clock
  /** In bytes: a longer reply stays in memory, where writing it holds nobody up. */
  readonly longest?: number
  /** In bytes, over all: beyond, the oldest make room. */
  readonly most?: number
}

/** Writing one takes half a millisecond. */
const usualLongest = 256 * 1024
const usualMost = 256 * 1024 * 1024

/** What a reply takes beside its bytes. */
const overhead = 512

/** So many rows go at once to make room, and when they are tidied away. */
const batch = 20

type Row = {
  readonly until: number
  readonly print: Text
  readonly id: Text
  readonly dialect: Text
  readonly form: Kept['form']
  readonly content_type: Text
  readonly stop_reason: Text | null
  readonly bytes: Uint8Array
}

type Waiting = { readonly name: string; readonly kept: Kept; readonly until: number }

type Connections = { readonly reader: Database; readonly writer: Database; readonly isClosed: () => boolean }

/**
 * Replies in SQLite: they outlive the process, and a kept one survives its death from the moment on at which keeping it
 * is over. Rows that come together are written together, as those of the ledger are.
 */
export function sqliteReplays({ reader, writer, isClosed }: Connections, options: ReplayOptions) {
  const { clock, longest = usualLongest, most = usualMost } = options
  const long = memoryReplays(clock)
  const byName = reader.query<Row, [Text]>('SELECT * FROM replays WHERE name = ?')
  const remove = writer.query<{ size: number }, [number, number]>(
    `DELETE FROM replays WHERE seq IN (SELECT seq FROM replays WHERE until <= ? ORDER BY until LIMIT ?) RETURNING size`,
  )
  const write = writerOf(writer, most, remove)
  const group = groupOf<Waiting>({ write, clock, most: 32, room: 500, patienceMs: 5000 })

  const replays: Replays & Tidying = {
    find(name) {
      const found = long.find(name)
      if (found) return found
      const row = byName.get(toText(name))
      return row && row.until > clock.wall() ? keptOf(row) : undefined
    },
    keep(name, kept, ttlMs) {
      if (kept.bytes.length > longest) return long.keep(name, kept, ttlMs)
      return group.append({ name, kept, until: clock.wall() + ttlMs })
    },
    async tidy() {
      const removed = await inBatches({
        database: writer,
        clock,
        isClosed,
        remove: () => remove.all(clock.wall(), batch).length,
      })
      return removed + (await long.tidy())
    },
  }
  return { replays, close: () => group.close() }
}

type Removing = { all(until: number, most: number): readonly { readonly size: number }[] }

/** Writes rows in one transaction, and takes as much away as they have no room beside. */
function writerOf(database: Database, most: number, remove: Removing) {
  const insert = database.query(
    `INSERT OR REPLACE INTO replays (name, until, size, print, id, dialect, form, content_type, stop_reason, bytes)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const sum = database.query<{ size: number | null }, []>('SELECT sum(size) AS size FROM replays')
  /** Counted along, and never too low: what is replaced or tidied away shows when it is counted anew. */
  let size = Infinity

  function insertAll(rows: readonly Waiting[]): void {
    for (const { name, kept, until } of rows) {
      const bytes = kept.bytes.length + overhead
      insert.run(
        ...[toText(name), until, bytes, toText(kept.print), toText(kept.id), toText(kept.dialect), kept.form],
        ...[toText(kept.contentType), toMaybe(kept.stopReason), kept.bytes],
      )
      size += bytes
    }
  }

  /** A little more than is needed, so that not every row has to count all others. */
  function makeRoom(): void {
    if (size <= most) return
    size = sum.get()?.size ?? 0
    while (size > most * 0.99) {
      const gone = remove.all(Number.MAX_SAFE_INTEGER, batch)
      if (gone.length === 0) return
      for (const each of gone) size -= each.size
    }
  }

  const writeAll = database.transaction((rows: readonly Waiting[]) => {
    insertAll(rows)
    makeRoom()
  })

  return (rows: readonly Waiting[]): readonly Outcome[] => {
    try {
      writeAll.immediate(rows)
      return rows.map(() => 'written')
    } catch (error) {
      size = Infinity
      return rows.map(() => (isLocked(error) ? 'locked' : failure(database.filename, error)))
    }
  }
}

const keptOf = (row: Row): Kept => ({
  print: fromText(row.print),
  id: fromText(row.id),
  dialect: fromText(row.dialect),
  form: row.form,
  contentType: fromText(row.content_type),
  stopReason: fromMaybe(row.stop_reason),
  bytes: row.bytes,
})
