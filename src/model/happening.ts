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
  | { readonly type: 'shed'; readonly reason: 'in_flight' | 'lag' | 'queue' }
  /** A request has waited for its turn, because every target was left alone: and then it went, or did not. */
  | {
      readonly type: 'queue'
      readonly result: 'went' | 'late' | 'left' | 'gave_way'
      readonly priority: number
      readonly waitedMs: number
    }
  /** A request was given the reply that another one, which is the same, was being given. */
  | { readonly type: 'coalesce'; readonly with: string }
  | Change

/** `atMs` is after the request's arrival. */
export type Happened = Happening & { readonly atMs: number }

/** Whose request it happened to. */
export type About = { readonly requestId: string; readonly traceId: string | undefined }

const targetText = ({ provider, model }: Target): string => `${provider}/${model}`

/** The same as flat fields in the spelling of logs and of the admin API. What is not known is left out. */
export function happeningFields(happening: Happening): Readonly<Record<string, string | number | undefined>> {
  switch (happening.type) {
    case 'retry':
      return {
        target: targetText(happening.target),
        key: happening.key,
        reason: happening.reason,
        status: happening.status,
        waited_ms: happening.waitedMs,
      }
    case 'failover':
      return {
        from: targetText(happening.from),
        from_key: happening.fromKey,
        to: targetText(happening.to),
        to_key: happening.toKey,
        reason: happening.reason,
        status: happening.status,
        waited_ms: happening.waitedMs,
      }
    case 'hedge':
      return { target: targetText(happening.target), result: happening.result }
    case 'standby':
      return {
        from: targetText(happening.from),
        to: happening.to && targetText(happening.to),
        result: happening.result,
        reason: happening.reason,
      }
    case 'shed':
      return { reason: happening.reason }
    case 'queue':
      return { result: happening.result, priority: happening.priority, waited_ms: happening.waitedMs }
    case 'coalesce':
      return { with: happening.with }
    case 'breaker':
      return { target: targetText(happening.place), key: happening.place.key, from: happening.from, to: happening.to }
    case 'key':
      return {
        provider: happening.provider,
        key: happening.key,
        model: happening.model,
        action: happening.action,
        status: happening.status,
        for_ms: happening.forMs,
      }
    default:
      return happening satisfies never
  }
}
