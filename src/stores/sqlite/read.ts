import type { Database } from 'bun:sqlite'
import type { LedgerReader } from '../../ports/ledger.ts'
import { pageSize, readCursor, writeCursor } from '../page.ts'
import { columns, fromRow, type Row } from './row.ts'
import { type Text, toText } from './text.ts'

/** Reads of the ledger. They have a connection of their own: a reader in WAL mode keeps no writer waiting. */
export function readerOf(database: Database): LedgerReader & { has(id: string): boolean } {
  const select = `SELECT seq, ${columns.join(', ')} FROM requests`
  const byId = database.query<Row, [Text]>(`${select} WHERE id = ?`)
  const before = database.query<Row, [number, number]>(`${select} WHERE seq < ? ORDER BY seq DESC LIMIT ?`)
  const known = database.query<{ seq: number }, [Text]>('SELECT seq FROM requests WHERE id = ?')

  return {
    has: id => known.get(toText(id)) !== null,
    async find(id) {
      const row = byId.get(toText(id))
      return row === null ? undefined : fromRow(row)
    },
    async page({ limit, cursor }) {
      const size = pageSize(limit)
      // One row more than asked for tells whether there is another page.
      const rows = before.all(Math.min(readCursor(cursor), Number.MAX_SAFE_INTEGER), size + 1)
      const shown = rows.slice(0, size)
      return { records: shown.map(fromRow), next: rows.length > size ? cursorOf(shown) : undefined }
    },
  }
}

const cursorOf = (shown: readonly Row[]): string | undefined => {
  const last = shown.at(-1)
  return last && writeCursor(last.seq)
}
