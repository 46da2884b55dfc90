import { Database } from 'bun:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import type { CheckpointerData, CheckpointerMessage } from './checkpoint.ts'

/**
 * The thread that carries rows from the write-ahead log into the database. It waits for the disk so that the thread
 * which serves requests need not. Asked `go` it does so once and answers how it went; asked `end` it leaves.
 */

/** In pages of 4 KiB: 16 MiB. */
const longLog = 4096

const { path, pragma } = workerData as CheckpointerData
const database = new Database(path, { readwrite: true })
database.run('PRAGMA busy_timeout = 500')
// Without it a log could be reused before what it held is safely in the database.
database.run(pragma)

// PASSIVE keeps nobody waiting, but a log that is written without pause never comes to its end that way and grows.
// RESTART ends it, so that it is written from its beginning again: writers wait while the last few pages are carried
// over. TRUNCATE would shorten the file too, which kept them waiting for 30 ms where RESTART does for less than 10.
const passive = database.query('PRAGMA wal_checkpoint(PASSIVE)')
const restart = database.query('PRAGMA wal_checkpoint(RESTART)')

function checkpoint(): string | undefined {
  try {
    const [, pages] = passive.values()[0] ?? []
    if (Number(pages) > longLog) restart.values()
    return undefined
  } catch (error) {
    return String(error)
  }
}

parentPort?.on('message', (message: CheckpointerMessage) => {
  if (message === 'go') return parentPort?.postMessage(checkpoint())
  database.close()
  parentPort?.close()
})
