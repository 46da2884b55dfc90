import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Clock, systemClock } from '../../src/lib/clock.ts'
import { memoryCounters } from '../../src/stores/memory/counters.ts'
import { openMemory } from '../../src/stores/memory/open.ts'
import { openSqlite } from '../../src/stores/sqlite/open.ts'
import type { Store } from '../../src/stores/store.ts'
import { countersContract } from './counters.ts'
import { keysContract } from './keys.ts'
import { ledgerContract } from './ledger.ts'
import { replaysContract } from './replays.ts'
import { repliesContract } from './replies.ts'
import { settingsContract } from './settings.ts'

/** Every answer to a port, held to the port's one suite. */
const stores: Record<string, (clock?: Clock) => Promise<Store>> = {
  memory: async clock => openMemory(clock),
  SQLite: clock => openTemporary('normal', clock),
}

async function openTemporary(synchronous: 'normal' | 'full', clock = systemClock): Promise<Store> {
  const folder = mkdtempSync(join(tmpdir(), 'thalamus-stores-'))
  const store = openSqlite(join(folder, 'thalamus.db'), { clock, synchronous })
  return {
    ...store,
    async close() {
      await store.close()
      rmSync(folder, { recursive: true })
    },
  }
}

for (const [name, open] of Object.entries(stores)) {
  ledgerContract(name, open)
  keysContract(name, open)
  settingsContract(name, open)
  repliesContract(name, open)
  replaysContract(name, open)
}

ledgerContract('SQLite that survives a power cut', () => openTemporary('full'))

// A step is a 240th of the window.
countersContract('memory', memoryCounters, 250)
