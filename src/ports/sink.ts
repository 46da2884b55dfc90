import type { About, Happening } from '../model/happening.ts'
import type { Record } from '../model/record.ts'

/** Is told of every request once, when its row is durable. Must not throw and must not wait. */
export type Sink = (record: Record, cause?: unknown) => void

/** Is told of every decision at once. Must not throw and must not wait. `about` is whose request it was, if anybody's. */
export type Teller = (happening: Happening, about: About | undefined) => void
