import type { Clock } from '../../lib/clock.ts'
import type { Kept, Replays } from '../../ports/replays.ts'
import type { Tidying } from '../store.ts'

type Entry = { readonly kept: Kept; readonly until: number; readonly size: number }

const usual = 64 * 1024 * 1024
/** What an entry takes beside its bytes and its name. */
const overhead = 512

/** Replies in this process's memory: at most so many bytes, the oldest go first. */
export function memoryReplays(clock: Clock, most = usual): Replays & Tidying {
  const entries = new Map<string, Entry>()
  let bytes = 0

  function forget(name: string): void {
    bytes -= entries.get(name)?.size ?? 0
    entries.delete(name)
  }

  /** A Map goes through its entries in the order in which they came. */
  function makeRoom(size: number): void {
    const now = clock.now()
    for (const [name, { until }] of entries) {
      if (until > now && bytes + size <= most) return
      forget(name)
    }
  }

  return {
    find(name) {
      const entry = entries.get(name)
      if (!entry || entry.until > clock.now()) return entry?.kept
      forget(name)
      return undefined
    },
    keep(name, kept, ttlMs) {
      const size = kept.bytes.length + name.length + overhead
      if (size > most) return
      forget(name)
      makeRoom(size)
      entries.set(name, { kept, until: clock.now() + ttlMs, size })
      bytes += size
    },
    async tidy() {
      const now = clock.now()
      const over = [...entries].filter(([, { until }]) => until <= now)
      for (const [name] of over) forget(name)
      return over.length
    },
  }
}
