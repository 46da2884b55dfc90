import type { Change } from './health.ts'
import type { Target } from './plan.ts'

/**
 * A decision that was taken for a request, with its reason: a log line, a figure, and a row under the request.
 * `reason` is the kind of failure that it answers (policy/verdict.ts).
 */
export type Happening =
  | {
      readonly type: 'retry'
      readonly target: Target
      readonly key?: string | undefined
      readonly reason: string
      readonly status?: number | undefined
      readonly waitedMs: number
    }
  | {
      readonly type: 'failover'
      readonly from: Target
      readonly fromKey?: string | undefined
      readonly to: Target
      readonly toKey?: string | undefined
      readonly reason: string
      readonly status?: number | undefined
      readonly waitedMs: number
    }
  | {
      readonly type: 'hedge'
      readonly target: Target
      readonly result: 'won' | 'lost' | 'failed' | 'capped'
    }
  /** A stream that broke off was to be continued by another target. */
  | {
      readonly type: 'standby'
      readonly from: Target
      readonly to?: Target | undefined
      readonly result: 'continued' | 'unsafe' | 'failed'
      readonly reason: string
    }
  /** A request was turned away, because there are too many. */
  | { readonly type: 'shed'; readonly reason: 'in_flight' | 'lag' }
  | Change

/** `atMs` is after the request's arrival. */
export type Happened = Happening & { readonly atMs: number }

/** Whose request it happened to. */
export type About = { readonly requestId: string; readonly traceId: string | undefined }
