import type { Clock } from '../../lib/clock.ts'
import type { Visit } from '../../line.ts'

/** What a reply needs of the house. */
export type ReplyWorld = {
  readonly clock: Clock
  readonly disclose: 'none' | 'basic' | 'full'
  /** The cost of what the diary has seen so far, in nano-dollars; undefined where it is unknown. */
  cost(visit: Visit): number | undefined
  /** Writes the row. The last byte of a reply leaves after it. */
  settle(visit: Visit): Promise<void>
}
