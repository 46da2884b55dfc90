import { systemClock } from '../../../src/lib/clock.ts'
import { openSqlite } from '../../../src/stores/sqlite/open.ts'
import { fullRecord } from '../records.ts'

/** Writes enough for the log to have been carried over, closes nothing, and has nothing else to do. */
const { ledger } = openSqlite(process.argv[2] ?? '', { clock: systemClock, synchronous: 'normal' })
for (let i = 0; i < 700; i++) await ledger.append(fullRecord({ id: `req_${i}` }))
