import { type Clock, systemClock } from '../../lib/clock.ts'
import type { Store } from '../store.ts'
import { memoryKeys } from './keys.ts'
import { memoryLedger } from './ledger.ts'
import { memoryReplays } from './replays.ts'
import { memoryReplies } from './replies.ts'

/** A store that forgets everything when the process ends. */
export function openMemory(clock: Clock = systemClock): Store {
  const settings = new Map<string, string>()
  return {
    keys: memoryKeys(),
    ledger: memoryLedger(),
    replies: memoryReplies(),
    replays: memoryReplays(clock),
    settings: { get: name => settings.get(name), set: (name, value) => void settings.set(name, value) },
    close: async () => undefined,
  }
}
