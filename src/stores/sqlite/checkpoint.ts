import type { Database } from 'bun:sqlite'
import { Worker } from 'node:worker_threads'
import type { Clock } from '../../lib/clock.ts'

/** What a checkpointer is told when it starts, and later. */
export type CheckpointerData = { readonly path: string; readonly pragma: string }
export type CheckpointerMessage = 'go' | 'end'

/** SQLite's own habit is every 1,000 pages, which is about so many commits of a row or two. */
const commitsBetween = 300
const msBetween = 1000

export type Checkpoints = {
  /** To be called after each commit. */
  committed(): void
  close(): Promise<void>
}

/**
 * Keeps the write-ahead log short without making a request wait for the disk: SQLite's own checkpoints, run in the
 * thread that serves, were seen to hold it up for 10 ms at 1,000 rows a second on a fast disk. Another thread does it
 * instead, started only once there is something to do, and never a reason for the process to live on.
 */
export function checkpointsOf(writer: Database, data: CheckpointerData, clock: Clock): Checkpoints {
  writer.run('PRAGMA wal_autocheckpoint = 0')
  // After a flood the file is cut back to 64 MiB when it is next begun anew.
  writer.run('PRAGMA journal_size_limit = 67108864')
  let worker: Worker | undefined
  let commits = 0
  let askedAt = clock.now()
  let state: 'idle' | 'running' | 'without' = 'idle'

  function start(): Worker {
    const started = new Worker(new URL('./checkpointer.ts', import.meta.url), { workerData: data })
    // A failed checkpoint loses nothing: the rows stay in the log, and the next one carries them too. A disk that is
    // full or broken shows itself at the next commit, to somebody who can be told.
    started.on('message', () => {
      state = 'idle'
    })
    started.on('error', doWithout)
    // Last, because to listen takes hold of the process again.
    started.unref()
    return started
  }

  /** Where no second thread can be had, SQLite's own habit is better than a log without end. */
  function doWithout(): void {
    state = 'without'
    worker = undefined
    writer.run('PRAGMA wal_autocheckpoint = 1000')
  }

  function ask(): void {
    try {
      worker ??= start()
      state = 'running'
      worker.postMessage('go' satisfies CheckpointerMessage)
    } catch {
      doWithout()
    }
  }

  return {
    committed() {
      if (++commits < commitsBetween || state !== 'idle' || clock.now() - askedAt < msBetween) return
      commits = 0
      askedAt = clock.now()
      ask()
    },
    async close() {
      if (worker === undefined) return
      const { promise, resolve } = Promise.withResolvers<void>()
      worker.on('exit', () => resolve())
      worker.ref()
      worker.postMessage('end' satisfies CheckpointerMessage)
      await promise
    },
  }
}
