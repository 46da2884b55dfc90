import type { KeyDesk } from '../ports/keys.ts'
import type { Ledger, LedgerReader } from '../ports/ledger.ts'
import type { Replays } from '../ports/replays.ts'
import type { Replies } from '../ports/replies.ts'

/** Everything that one place keeps for the house. Every store answers in this shape, so they can be exchanged. */
export type Store = {
  readonly keys: KeyDesk
  readonly ledger: Ledger & LedgerReader & Retention
  readonly settings: Settings
  readonly replies: Replies & Forgetting
  readonly replays: Replays & Tidying
  /** Waits until every row asked for is written or refused, then lets go of the files. Closing twice is harmless. */
  close(): Promise<void>
}

/** What must outlive a restart and is too small for a table of its own. */
export type Settings = {
  get(name: string): string | undefined
  set(name: string, value: string): void
}

export type Forgetting = {
  /** Forgets what was kept before `olderThan` (milliseconds since 1970), and says how much. */
  forget(olderThan: number): number
}

export type Tidying = {
  /** Forgets what is too old, and says how much. */
  tidy(): Promise<number>
}

export type Retention = {
  /** Forgets rows that arrived before `olderThan` (milliseconds since 1970), and says how many. */
  prune(olderThan: number, options?: PruneOptions): Promise<number>
}

export type PruneOptions = {
  /** Rows deleted at once: the longest that a request may have to wait behind them. */
  readonly batch?: number
  /** At most so many of the newest rows stay, however young they are. */
  readonly keep?: number
}
