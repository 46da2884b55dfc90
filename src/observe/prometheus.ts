import { cpuUsage, memoryUsage } from 'node:process'
import Counter from 'prom-client/lib/counter.js'
import Gauge from 'prom-client/lib/gauge.js'
import Histogram from 'prom-client/lib/histogram.js'
import Registry from 'prom-client/lib/registry.js'
import type { Record, Try } from '../model/record.ts'
import type { Usage } from '../model/usage.ts'
import type { Sink } from '../ports/sink.ts'
import { type Names, openNames } from './names.ts'

export type Metrics = {
  readonly request: Sink
  rateLimited(scope: string): void
  /** Log lines and other events that had to be thrown away. */
  dropped(events: number): void
  /** The exposition text, and the content type to send it with. */
  text(): Promise<string>
  readonly contentType: string
}

export type MetricsOptions = {
  readonly version: string
  /** Whether this is a name that we know. A model that a caller made up is counted as `other`. */
  readonly models: (provider: string, model: string) => boolean
  readonly inFlight: () => number
}

/** From a cached answer to a long agent's turn, and from a parse to a stalled event loop. In seconds. */
const latencies = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600]
const overheads = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1]

/**
 * What happened to requests, in numbers, as Prometheus reads them. Costs 5 us CPU a request; the number of label
 * sets is bounded (names.ts), whatever callers send.
 */
export function openMetrics({ version, models, inFlight }: MetricsOptions): Metrics {
  const registry = new Registry()
  const series = openSeries(registry)
  const names = openNames(models)
  addGauges(registry, version, inFlight)

  return {
    request: record => countRequest(series, names, record),
    rateLimited: scope => series.rateLimited(scope).inc(),
    dropped: events => series.dropped.inc(events),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  }
}

type Series = ReturnType<typeof openSeries>

function openSeries(registry: Registry) {
  const registers = [registry]
  const counter = (name: string, help: string, ...labelNames: string[]) =>
    new Counter({ name: `thalamus_${name}`, help, labelNames, registers })
  const histogram = (name: string, help: string, buckets: number[], ...labelNames: string[]) =>
    new Histogram({ name: `thalamus_${name}`, help, buckets, labelNames, registers })

  return {
    requests: kept(
      counter(
        'requests_total',
        'Requests, by how they ended.',
        'operation',
        'provider',
        'model',
        'team',
        'status',
        'code',
      ),
    ),
    duration: histogram(
      'request_duration_seconds',
      'From the arrival of a request to the end of its reply.',
      latencies,
    ),
    firstToken: kept(
      histogram('time_to_first_token_seconds', 'From arrival to first content.', latencies, 'provider', 'model'),
    ),
    overhead: histogram('overhead_seconds', 'The part of a request in which no provider was waited for.', overheads),
    attempts: kept(counter('upstream_attempts_total', 'Calls to providers.', 'provider', 'model', 'outcome', 'status')),
    latency: kept(
      histogram('upstream_latency_seconds', "Until a provider's response headers.", latencies, 'provider', 'model'),
    ),
    tokens: kept(
      counter('tokens_total', 'Tokens; each is counted in one kind only.', 'provider', 'model', 'team', 'kind'),
    ),
    cost: kept(counter('cost_usd_total', 'Cost in USD, where the price is known.', 'provider', 'model', 'team')),
    rateLimited: kept(counter('rate_limited_total', 'Requests refused by a limit of ours.', 'scope')),
    dropped: counter('events_dropped_total', 'Log lines and events thrown away because their reader was too slow.'),
  }
}

type Branch<Child> = { child: Child | undefined; readonly next: Map<string, Branch<Child>> }

/**
 * The child of a metric for some label values, made once: prom-client would read and check the labels each time. A
 * tree, because joining the values into one name costs three times the look-ups.
 */
function kept<Child>(metric: { labels(...values: string[]): Child }): (...values: string[]) => Child {
  const root = branch<Child>()
  return (...values) => {
    let at = root
    for (const value of values) at = step(at, value)
    at.child ??= metric.labels(...values)
    return at.child
  }
}

const branch = <Child>(): Branch<Child> => ({ child: undefined, next: new Map() })

function step<Child>(from: Branch<Child>, value: string): Branch<Child> {
  const known = from.next.get(value)
  if (known !== undefined) return known
  const fresh = branch<Child>()
  from.next.set(value, fresh)
  return fresh
}

function countRequest(series: Series, names: Names, record: Record): void {
  const { provider, model, team } = names.of(record.provider, record.model, record.team)
  series.requests(record.operation, provider, model, team, `${record.status}`, record.code).inc()
  series.duration.observe(record.totalMs / 1000)
  series.overhead.observe(record.overheadMs / 1000)
  if (record.firstTokenMs !== undefined) series.firstToken(provider, model).observe(record.firstTokenMs / 1000)
  if (record.cost !== undefined) series.cost(provider, model, team).inc(record.cost / 1e9)
  if (record.usage !== undefined) countTokens(series, record.usage, [provider, model, team])
  for (const each of record.tries) countTry(series, names, each)
}

function countTokens(series: Series, usage: Usage, labels: readonly [string, string, string]): void {
  for (const [kind, bucket] of kinds) {
    if (usage[bucket] > 0) series.tokens(...labels, kind).inc(usage[bucket])
  }
}

const kinds = [
  ['input', 'input'],
  ['output', 'output'],
  ['cache_read', 'cacheRead'],
  ['cache_write', 'cacheWrite'],
  ['reasoning', 'reasoning'],
] as const

function countTry(series: Series, names: Names, each: Try): void {
  const { provider, model } = names.of(each.target.provider, each.target.model, undefined)
  series.attempts(provider, model, each.outcome, each.status === undefined ? '' : `${each.status}`).inc()
  if (each.headersMs !== undefined) series.latency(provider, model).observe(each.headersMs / 1000)
}

/** What is read when somebody asks, and costs nothing in between. */
function addGauges(registry: Registry, version: string, inFlight: () => number): void {
  const registers = [registry]
  const read = (name: string, help: string, value: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value())
      },
    })

  read('thalamus_in_flight', 'Requests that are being served.', inFlight)
  read('process_resident_memory_bytes', 'Resident memory.', () => memoryUsage.rss())
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'User and system CPU time.',
    registers,
    collect() {
      this.reset()
      this.inc(cpuSeconds())
    },
  })
  new Gauge({ name: 'thalamus_build_info', help: 'Always 1.', labelNames: ['version'], registers }).set({ version }, 1)
}

/** What the process itself has used: a reading of our own meter, not of the environment. */
function cpuSeconds(): number {
  const { user, system } = cpuUsage()
  return (user + system) / 1e6
}
