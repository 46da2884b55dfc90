import { type Config, inMemory } from '../config/config.ts'
import { systemClock } from '../lib/clock.ts'
import { openMemory } from '../stores/memory/open.ts'
import { openSqlite } from '../stores/sqlite/open.ts'
import type { Store } from '../stores/store.ts'

/** The store that the config names. `sqlite::memory:` forgets everything when the process ends. */
export const openStore = ({ sqlite, synchronous }: Config['store']): Store =>
  sqlite === inMemory ? openMemory() : openSqlite(sqlite, { clock: systemClock, synchronous })
