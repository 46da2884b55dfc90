import type { Store } from '../store.ts'
import { memoryKeys } from './keys.ts'
import { memoryLedger } from './ledger.ts'
import { memoryReplies } from './replies.ts'

/** A store that forgets everything when the process ends. */
export function openMemory(): Store {
  const settings = new Map<string, string>()
  return {
    keys: memoryKeys(),
    ledger: memoryLedger(),
    replies: memoryReplies(),
    settings: { get: name => settings.get(name), set: (name, value) => void settings.set(name, value) },
    close: async () => undefined,
  }
}
