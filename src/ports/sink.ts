import type { Record } from '../model/record.ts'

/** Is told of every request once, when its row is durable. Must not throw and must not wait. */
export type Sink = (record: Record, cause?: unknown) => void
