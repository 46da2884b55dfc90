import type { Record } from '../../model/record.ts'
import type { Ledger, LedgerReader } from '../../ports/ledger.ts'
import { pageSize, readCursor, writeCursor } from '../page.ts'
import type { Retention } from '../store.ts'

type Row = { readonly seq: number; readonly record: Record }

/**
 * The newest rows, in memory: a ring in which a new row takes the place of the oldest. For tests and for trying
 * things out; what is "durable" here dies with the process.
 */
export function memoryLedger(room = 10_000): Ledger & LedgerReader & Retention {
  const byId = new Map<string, Row>()
  const ring: (Row | undefined)[] = []
  let newest = 0

  const rowOf = (seq: number): Row | undefined => {
    const row = ring[seq % room]
    return row?.seq === seq ? row : undefined
  }

  function drop(seq: number): number {
    const row = rowOf(seq)
    if (row === undefined) return 0
    byId.delete(row.record.id)
    ring[seq % room] = undefined
    return 1
  }

  function* newestFirst(below: number): Generator<Row> {
    for (let seq = Math.min(newest, below - 1); seq > Math.max(newest - room, 0); seq--) {
      const row = rowOf(seq)
      if (row !== undefined) yield row
    }
  }

  return {
    async append(record) {
      if (byId.has(record.id)) return
      const seq = ++newest
      drop(seq - room)
      const row = { seq, record }
      ring[seq % room] = row
      byId.set(record.id, row)
    },
    has: id => byId.has(id),
    find: async id => byId.get(id)?.record,
    async page({ limit, cursor }) {
      const size = pageSize(limit)
      const rows = newestFirst(readCursor(cursor))
        .take(size + 1)
        .toArray()
      const last = rows[size - 1]
      const next = rows.length > size && last !== undefined ? writeCursor(last.seq) : undefined
      return { records: rows.slice(0, size).map(row => row.record), next }
    },
    async prune(olderThan, { keep = room } = {}) {
      const old = newestFirst(Infinity).filter(row => row.record.at < olderThan || row.seq <= newest - keep)
      return old.toArray().reduce((pruned, row) => pruned + drop(row.seq), 0)
    },
  }
}
