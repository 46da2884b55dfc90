import type { Clock } from '../../lib/clock.ts'
import type { Dialer } from '../../lib/dial.ts'
import type { Visit } from '../../line.ts'
import type { Happening } from '../../model/happening.ts'
import type { Health } from '../../ports/health.ts'
import type { FetchFile } from './files.ts'
import type { Hedges } from './hedges.ts'
import type { Queue } from './queue.ts'
import type { Route } from './route.ts'

/** What pursuing needs of the house. */
export type PursueWorld = {
  readonly clock: Clock
  readonly fetchFile: FetchFile
  readonly health: Health
  readonly hedges: Hedges
  /** Where requests wait for their turn; nobody waits for others if left out. */
  readonly queue?: Queue | undefined
  readonly dialer?: Dialer | undefined
  /** Opens a connection to where a URL points, without asking for anything. Left out where there is a proxy in between. */
  readonly warm?: ((url: string) => void) | undefined
  /** The pause between two signs of life of a stream that has not begun; none are given if left out. */
  readonly keepAliveMs?: number | undefined
  /** The way to a provider for a caller of a dialect, with one of its keys; its first if none is named. */
  readonly route: (provider: string, dialect: string, key: string | undefined) => Route | undefined
  /** Is told of every decision, when it is taken. */
  readonly tell: (happening: Happening, visit: Visit) => void
}
