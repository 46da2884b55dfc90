import type { Clock } from '../../../src/lib/clock.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { openSqlite } from '../../../src/stores/sqlite/open.ts'
import { fullRecord } from '../records.ts'

/** Writes enough for the checkpointer to have started, closes nothing, and has nothing else to do. */
const hurried: Clock = { ...systemClock, now: () => systemClock.now() * 1000 }
const { ledger } = openSqlite(process.argv[2] ?? '', { clock: hurried, synchronous: 'normal' })
for (let i = 0; i < 700; i++) await ledger.append(fullRecord({ id: `req_${i}` }))
