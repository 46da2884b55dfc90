import type { Operation } from './call.ts'
import type { FaultCode } from './fault.ts'
import type { Happened } from './happening.ts'
import type { NanoUsd } from './money.ts'
import type { Target } from './plan.ts'
import type { Price } from './price.ts'
import type { Usage } from './usage.ts'

/** One call to a provider. Times are in milliseconds. */
export type Try = {
  readonly target: Target
  /** After the request's arrival. */
  readonly startedMs: number
  readonly status: number | undefined
  readonly headersMs: number | undefined
  /** `ok` if it answered, `lost` if another was quicker and it was stopped. */
  readonly outcome: 'ok' | 'lost' | FaultCode
  /** Which of the provider's keys, where it has several. */
  readonly key?: string | undefined
  /** Why it was made; the first, or the only one, if left out. */
  readonly why?: 'retry' | 'failover' | 'hedge' | 'race' | 'standby' | undefined
  /** The pause before it. */
  readonly waitedMs?: number | undefined
  /** How it failed (policy/verdict.ts). */
  readonly reason?: string | undefined
  /** From its start to its failure. */
  readonly tookMs?: number | undefined
  /** It had begun to answer when it failed. */
  readonly broke?: true | undefined
  /** It told the beginning of a reply that broke off (`reason`) and that another went on with. */
  readonly part?: true | undefined
  /**
   * What is known to have been used, where it was not the one that the whole request is priced by; where a reply was told
   * in parts, each part's own. Of one that broke off it is as much as it had told by then.
   */
  readonly usage?: Usage | undefined
  readonly cost?: NanoUsd | undefined
}

/** It told a part of a reply that others went on with. */
export const isPart = ({ part }: Try): boolean => part === true

/** It told the reply, or the last part of it, to its end or not: what the request used last is its own. */
export const hasToldLast = ({ outcome, broke, part }: Try): boolean => (outcome === 'ok' || broke === true) && !part

export const hasUsage = ({ usage }: Try): boolean => usage !== undefined

type Counted = Pick<Record, 'tries' | 'usage' | 'stream' | 'code' | 'stopReason' | 'provider' | 'model'>

/**
 * What of a request's usage, and so of its cost, nobody told: of a stream that broke off after a first report, as Anthropic's
 * and Gemini's begin with one, and of replies that were told in parts by several targets. One that breaks off seldom tells
 * what it has used, and nothing is guessed in its place.
 */
export const missingIn = (record: Counted): readonly string[] =>
  record.tries.length < 2 && record.code === 'ok' ? none : [...new Set([...missingAmong(record), ...cutIn(record)])]

const none: readonly string[] = []

/** Who stopped for a reason has told all. */
const cutIn = ({ code, stream, usage, stopReason, provider = '', model = '' }: Counted): readonly string[] =>
  code !== 'ok' && stream && usage && stopReason === undefined
    ? [`usage of ${nameOf({ provider, model })} after its last report`]
    : none

function missingAmong({ tries, usage }: Counted): readonly string[] {
  const parts = tries.filter(isPart)
  const broken = parts.map(
    ({ target, usage: told }) => `usage of ${nameOf(target)}${told ? ' after its last report' : ''}`,
  )
  const last = parts.length > 0 && !usage ? tries.findLast(hasToldLast) : undefined
  return last ? [...broken, `usage of ${nameOf(last.target)}`] : broken
}

const nameOf = ({ provider, model }: Target): string => `${provider}/${model}`

/**
 * What happened to one request. Written once, when it is over, however it ended; cost, log line, metrics and the
 * admin API are readings of it. `undefined` is "not known" or "did not come to that", never zero.
 */
export type Record = {
  readonly id: string
  /** Arrival, milliseconds since 1970. */
  readonly at: number
  readonly operation: Operation
  readonly dialect: string
  readonly stream: boolean
  readonly keyId: string | undefined
  readonly keyName: string | undefined
  readonly team: string | undefined
  readonly modelAsked: string | undefined
  /** The target that answered, or the last one tried. */
  readonly provider: string | undefined
  readonly model: string | undefined
  /** What the caller was told; 499 if it had left. */
  readonly status: number
  readonly code: 'ok' | FaultCode
  /** The sentence of the fault, if there was one. */
  readonly message: string | undefined
  readonly stopReason: string | undefined
  readonly usage: Usage | undefined
  readonly price: Price | undefined
  /** Of all tries, as far as known: a hedge that lost may have cost something too. */
  readonly cost: NanoUsd | undefined
  readonly plan: string | undefined
  readonly tries: readonly Try[]
  /** What was decided on the way; left out if nothing was. */
  readonly happened?: readonly Happened[] | undefined
  /** Fields of the request that had no place to go. */
  readonly lost: readonly string[]
  readonly bytesIn: number
  readonly bytesOut: number
  /** Arrival to first content. */
  readonly firstTokenMs: number | undefined
  /** Arrival to the end of the reply. */
  readonly totalMs: number
  /** The part of `totalMs` before the reply began in which we did not wait for a provider. */
  readonly overheadMs: number
  /** What the caller named in its headers, for attribution. */
  readonly task: string | undefined
  readonly user: string | undefined
  readonly tags: readonly string[]
  readonly traceId: string | undefined
}
