import type { Figures } from './figures.ts'
import { SUBJECT } from './peers.ts'
import { WORKLOADS } from './scenarios/throughput.ts'

/** What Thalamus promises of its speed and size, as data, and whether a run kept it. */
export function judge(limit: Limit, figures: Figures): Verdict {
  const measured =
    limit.over === undefined
      ? figures.median(SUBJECT, limit.measure)
      : figures.ratio(SUBJECT, limit.over, limit.measure)
  if (measured === undefined) return { limit, measured, verdict: 'not measured', range: undefined }
  const kept = measured <= (limit.most ?? Number.POSITIVE_INFINITY) && measured >= (limit.least ?? 0)
  return { limit, measured, verdict: kept ? 'kept' : 'MISSED', range: rangeOf(limit, figures) }
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
  readonly measure: string
  /** Divided by this gateway's figure, when it is a ratio. */
  readonly over?: string
  readonly most?: number
  readonly least?: number
  readonly unit: Unit
}

/** `part` is a ratio far below one and reads better upside down: 1/12. */
export type Unit = 'x' | 'part' | 'ms' | 'MB' | 'streams'

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
]

/** Gateways are measured in turns, so the n-th figures of two belong to the same minute of the machine. */
function rangeOf(limit: Limit, figures: Figures): readonly [number, number] | undefined {
  const mine = figures.values(SUBJECT, limit.measure)
  const theirs = limit.over === undefined ? undefined : figures.values(limit.over, limit.measure)
  const each = mine.map((value, round) => value / (theirs?.[round] ?? 1))
  return each.length < 2 ? undefined : [Math.min(...each), Math.max(...each)]
}
