import { systemClock } from '../../../src/lib/clock.ts'
import { openSqlite } from '../../../src/stores/sqlite/open.ts'

/** Opens a database as a user who may do nothing special, and prints how it was refused. */
if (process.getuid?.() === 0) process.setuid?.(65_534)
try {
  openSqlite(process.argv[2] ?? '', { clock: systemClock, synchronous: 'normal' })
} catch (error) {
  process.stdout.write(error instanceof Error ? error.message : 'not an Error')
}
