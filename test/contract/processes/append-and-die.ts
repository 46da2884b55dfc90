import { systemClock } from '../../../src/lib/clock.ts'
import { openSqlite } from '../../../src/stores/sqlite/open.ts'
import { fullRecord } from '../records.ts'

/** Appends rows at once, and is killed by its own hand the moment after the last of them is said to be written. */
const [path = '', rows = '1'] = process.argv.slice(2)
const { ledger } = openSqlite(path, { clock: systemClock, synchronous: 'normal' })
await Promise.all(Array.from({ length: Number(rows) }, (_, index) => ledger.append(fullRecord({ id: `req_${index}` }))))
process.kill(process.pid, 'SIGKILL')
