import type { Clock } from '../../lib/clock.ts'
import type { Visit } from '../../line.ts'
import type { NanoUsd } from '../../model/money.ts'

/** What a reply needs of the house. */
export type ReplyWorld = {
  readonly clock: Clock
  readonly disclose: 'none' | 'basic' | 'full'
  /** Writes the row, and resolves with the cost that it tells. The last byte of a reply leaves after it. */
  settle(visit: Visit): Promise<NanoUsd | undefined>
}
