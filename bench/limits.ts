import { ASKED, SPOKEN } from './dialects/all.ts'
import type { Figures } from './figures.ts'
import { SUBJECT } from './peers.ts'
import { FAILINGS } from './scenarios/failing.ts'
import { KINDS, ratioOf } from './scenarios/pairs.ts'
import { BREAKS } from './scenarios/standby.ts'
import { WORKLOADS } from './scenarios/throughput.ts'

/** What Thalamus promises of its speed and size, as data, and whether a run kept it. */
export function judge(limit: Limit, figures: Figures): Verdict {
  const [measure, measured] = worstOf(limit, figures)
  if (measured === undefined) return { limit, measured, verdict: 'not measured', range: undefined }
  const kept =
    measured <= (limit.most ?? Number.POSITIVE_INFINITY) && measured >= (limit.least ?? Number.NEGATIVE_INFINITY)
  return { limit, measured, verdict: kept ? 'kept' : 'MISSED', range: rangeOf(measure, limit, figures) }
}

export type Verdict = {
  readonly limit: Limit
  readonly measured: number | undefined
  readonly verdict: 'kept' | 'MISSED' | 'not measured'
  /** Lowest and highest over the rounds. */
  readonly range: readonly [number, number] | undefined
}

export type Limit = {
  readonly says: string
  /** Of several the highest counts. */
  readonly measure: string | readonly string[]
  /** Divided by this gateway's figure, when it is a ratio. */
  readonly over?: string
  readonly most?: number
  readonly least?: number
  readonly unit: Unit
}

/** `part` is a ratio far below one and reads better upside down: 1/12. */
export type Unit = 'x' | 'part' | 'us' | 'ms' | 'MB' | 'streams'

export const LIMITS: readonly Limit[] = [
  ...WORKLOADS.flatMap(({ name, title, scenario }): readonly Limit[] => [
    {
      says: `CPU, ${title}, of minimal's`,
      measure: `cpu.${name}`,
      over: 'minimal',
      most: scenario === 'stream' ? 1.9 : 1.8,
      unit: 'x',
    },
    { says: `CPU, ${title}, of Portkey's`, measure: `cpu.${name}`, over: 'portkey', most: 1 / 8, unit: 'part' },
  ]),
  { says: 'added at 1,000/s, p50', measure: 'latency.p50', most: 1, unit: 'ms' },
  { says: 'added at 1,000/s, p99', measure: 'latency.p99', most: 10, unit: 'ms' },
  { says: '2,000 streams: open at once', measure: 'streams.peak', least: 2000, unit: 'streams' },
  { says: "2,000 streams: first word after the mock's, p99", measure: 'streams.behind.p99', most: 10, unit: 'ms' },
  { says: '2,000 streams: RSS', measure: 'streams.rss', most: 150, unit: 'MB' },
  { says: 'RSS growth over all requests and aborts', measure: 'leak.growth', most: 16, unit: 'MB' },
  { says: 'first 200 after the start', measure: 'start', most: 500, unit: 'ms' },
  ...KINDS.flatMap(kind =>
    ASKED.map(
      ({ id }): Limit => ({
        says: `CPU, ${kind.title}, ${id} over the costliest other dialect, of its own`,
        measure: SPOKEN.filter(spoken => spoken.id !== id).map(spoken => ratioOf(kind, id, spoken.id)),
        most: kind.most,
        unit: 'x',
      }),
    ),
  ),
  { says: 'CPU of a plan with two targets, added to that of one', measure: 'plan.added', most: 5, unit: 'us' },
  ...FAILINGS.map(
    ({ name, title }): Limit => ({
      says: `one target of two ${title}: p99, added to the healthy one's`,
      measure: `failing.${name}.added`,
      most: 20,
      unit: 'ms',
    }),
  ),
  {
    says: 'a tail of 2 s at 2 %, hedged: p99, of the p95 without the tail',
    measure: 'hedging.ratio',
    most: 1.3,
    unit: 'x',
  },
  ...BREAKS.map(
    ({ name, title }): Limit => ({
      says: `a provider ${title} mid-stream: p99 of the silence, beyond idle and one round trip`,
      measure: `standby.${name}.late`,
      most: 0,
      unit: 'ms',
    }),
  ),
]

/** The measure with the highest median, and that. */
function worstOf({ measure, over }: Limit, figures: Figures): readonly [string, number | undefined] {
  const median = (name: string): number | undefined =>
    over === undefined ? figures.median(SUBJECT, name) : figures.ratio(SUBJECT, over, name)
  return (typeof measure === 'string' ? [measure] : measure)
    .map(name => [name, median(name)] as const)
    .reduce((worst, one) => ((one[1] ?? -Infinity) > (worst[1] ?? -Infinity) ? one : worst))
}

/** Gateways are measured in turns, so the n-th figures of two belong to the same minute of the machine. */
function rangeOf(measure: string, { over }: Limit, figures: Figures): readonly [number, number] | undefined {
  const mine = figures.values(SUBJECT, measure)
  const theirs = over === undefined ? undefined : figures.values(over, measure)
  const each = mine.map((value, round) => value / (theirs?.[round] ?? 1))
  return each.length < 2 ? undefined : [Math.min(...each), Math.max(...each)]
}
