import type { Clock } from '../../lib/clock.ts'

/** What became of a row: written, locked out by another process for the moment, or refused for a reason. */
export type Outcome = 'written' | 'locked' | Error

export type GroupOptions<Row> = {
  /** Writes all rows now, in one transaction if it can, and tells for each what became of it. */
  readonly write: (rows: readonly Row[]) => readonly Outcome[]
  readonly clock: Clock
  /** So many rows go into one transaction: what is longer would hold up the streams of others. */
  readonly most: number
  /** So many rows may wait. Whoever comes on top is refused at once: memory stays bounded. */
  readonly room: number
  /** So long may another process keep the database locked before those who wait are refused. */
  readonly patienceMs: number
}

export type Group<Row> = {
  /** Resolves when the row is in the log for good. */
  readonly append: (row: Row) => Promise<void>
  /** Takes no more rows, and resolves when those waiting are written or refused. */
  readonly close: () => Promise<void>
}

type Waiting<Row> = {
  readonly row: Row
  readonly promise: Promise<void>
  readonly resolve: () => void
  readonly reject: (reason: Error) => void
}

const retryMs = 3

/**
 * Rows asked for in one turn of the event loop are written together. A commit costs three times what a row does, so
 * under load a row costs a fraction of itself alone; and nobody waits for others longer than that turn.
 */
export function groupOf<Row>({ write, clock, most, room, patienceMs }: GroupOptions<Row>): Group<Row> {
  let waiting: Waiting<Row>[] = []
  let scheduled = false
  let lockedSince: number | undefined
  let closed = false

  function schedule(): void {
    if (scheduled || waiting.length === 0) return
    scheduled = true
    if (lockedSince === undefined) setImmediate(flush)
    else clock.after(retryMs, flush)
  }

  function flush(): void {
    scheduled = false
    const group = waiting.slice(0, most)
    waiting = waiting.slice(most)
    const outcomes = write(group.map(each => each.row))
    const locked = group.filter((each, index) => isLocked(each, outcomes[index] ?? 'locked'))
    waiting = [...locked, ...waiting]
    mind(locked.length > 0)
    schedule()
  }

  /** The lock is waited out between turns, never inside SQLite: that would stop every stream of the process. */
  function mind(locked: boolean): void {
    const now = clock.now()
    lockedSince = locked ? (lockedSince ?? now) : undefined
    if (lockedSince !== undefined && now - lockedSince >= patienceMs) refuseAll()
  }

  function refuseAll(): void {
    const refused = waiting
    waiting = []
    lockedSince = undefined
    for (const each of refused) each.reject(new Error(`Another process kept the database locked for ${patienceMs} ms.`))
  }

  return {
    append(row) {
      if (closed) return Promise.reject(new Error('The ledger is closed.'))
      if (waiting.length >= room) return Promise.reject(new Error(`${room} rows wait to be written: no room for more.`))
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      waiting.push({ row, promise, resolve, reject })
      schedule()
      return promise
    },
    async close() {
      closed = true
      await Promise.allSettled(waiting.map(each => each.promise))
    },
  }
}

/** Tells one who waits what became of its row, unless that is not decided yet. */
function isLocked(each: Waiting<unknown>, outcome: Outcome): boolean {
  if (outcome === 'locked') return true
  if (outcome === 'written') each.resolve()
  else each.reject(outcome)
  return false
}
