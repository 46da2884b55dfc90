import { systemClock } from '../../../src/lib/clock.ts'
import { openSqlite } from '../../../src/stores/sqlite/open.ts'

/** What `thalamus keys revoke` does, in a process of its own. */
const [path = '', name = ''] = process.argv.slice(2)
const store = openSqlite(path, { clock: systemClock, synchronous: 'normal' })
const revoked = store.keys.revoke(name, 7)
await store.close()
process.exit(revoked ? 0 : 1)
