import { cpuUsage, memoryUsage } from 'node:process'
import type { Happening } from '../model/happening.ts'
import type { PlaceReading } from '../model/health.ts'
import type { Target } from '../model/plan.ts'
import { hasUsage, isPart, type Record, type Try } from '../model/record.ts'
import type { Usage } from '../model/usage.ts'
import type { Sink, Teller } from '../ports/sink.ts'
import { contentType, type Exposition, type Figure, type Histogram, observe, openExposition } from './exposition.ts'
import { addHealth } from './health-figures.ts'
import { type Labels, type Names, openNames, other } from './names.ts'

export type Metrics = {
  readonly request: Sink
  readonly happening: Teller
  /** Log lines and other events that had to be thrown away. */
  readonly dropped: (events: number) => void
  /** The exposition text, and the content type to send it with. */
  text(): Promise<string>
  readonly contentType: string
}

export type MetricsOptions = {
  readonly version: string
  /** Whether this is a name that we know. A model that a caller made up is counted as `other`. */
  readonly models: (provider: string, model: string) => boolean
  readonly inFlight: () => number
  readonly queued: () => number
  /** What is known of the places that were asked of late. */
  readonly places: () => readonly PlaceReading[]
}

/** From a cached answer to a long agent's turn, and from a parse to a stalled event loop. In seconds. */
const latencies = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600]
const overheads = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1]

/**
 * What happened to requests, in numbers, as Prometheus reads them. The number of label sets is bounded (names.ts),
 * whatever callers send. Costs 1 us CPU a request under load and leaves 0.3 KB to collect; prom-client's counters and
 * histograms in its place cost 5.5 and left 3.9.
 */
export function openMetrics({ version, models, inFlight, queued, places }: MetricsOptions): Metrics {
  const exposition = openExposition()
  const series = openSeries(exposition)
  const names = openNames(models)
  const { accountOf, legOf } = openKept(series, names)
  addReadings(exposition, version, inFlight, queued)
  addHealth(exposition, names, places)

  return {
    request: record => {
      const parts = partsOf(record)
      if (parts) for (const each of parts) countUsed(accountOf({ ...record, ...each.target }), each)
      countRequest(series, accountOf(record), parts ? { ...record, usage: undefined, cost: undefined } : record)
      for (const each of record.tries) countTry(legOf(each), each)
      if (isOurLimit(record)) series.rateLimited({ scope: 'key' }).value++
    },
    happening: openHappenings(series, names),
    dropped: events => {
      series.dropped.value += events
    },
    text: async () => exposition.text(),
    contentType,
  }
}

/** Refused before any provider was asked: a provider's own limit is counted with its attempts. */
const isOurLimit = ({ code, tries }: Record): boolean => code === 'rate_limited' && tries.length === 0

type Series = ReturnType<typeof openSeries>

function openSeries(exposition: Exposition) {
  const counter = (name: string, help: string) =>
    exposition.figures({ name: `thalamus_${name}`, type: 'counter', help })
  const histogram = (name: string, help: string, bounds: readonly number[]) =>
    exposition.histograms({ name: `thalamus_${name}`, type: 'histogram', help }, bounds)

  return {
    requests: counter('requests_total', 'Requests, by how they ended.'),
    duration: histogram(
      'request_duration_seconds',
      'From the arrival of a request to the end of its reply.',
      latencies,
    )({}),
    firstToken: histogram('time_to_first_token_seconds', 'From arrival to first content.', latencies),
    overhead: histogram(
      'overhead_seconds',
      'The part of a request in which no provider was waited for.',
      overheads,
    )({}),
    attempts: counter('upstream_attempts_total', 'Calls to providers.'),
    latency: histogram('upstream_latency_seconds', "Until a provider's response headers.", latencies),
    tokens: counter('tokens_total', 'Tokens; each is counted in one kind only.'),
    cost: counter('cost_usd_total', 'Cost in USD, where the price is known.'),
    retries: counter('retries_total', 'Tries of a place that had failed before, by why.'),
    failovers: counter('failovers_total', 'Tries elsewhere after a failure, by why.'),
    hedges: counter(
      'hedges_total',
      'Second tries beside a silent one, by how they ended; capped: there was no room for it.',
    ),
    standbys: counter('standbys_total', 'Streams that broke off, by whether another target went on with them.'),
    shed: counter('shed_total', 'Requests turned away because there were too many.'),
    queueWait: histogram(
      'queue_wait_seconds',
      'How long requests waited for their turn, by what became of them.',
      latencies,
    ),
    coalesced: counter('coalesced_total', 'Requests that were given the reply of another one on its way.'),
    rateLimited: counter('rate_limited_total', 'Requests refused by a limit of ours.'),
    dropped: counter('events_dropped_total', 'Log lines and events thrown away because their reader was too slow.')({}),
  }
}

/** The series of requests that are alike in all their labels. */
type Account = {
  readonly requests: Figure
  readonly firstToken: () => Histogram
  readonly cost: () => Figure
  readonly tokens: readonly { readonly bucket: keyof Usage; readonly figure: () => Figure }[]
}

/** The series of tries that are alike in all their labels. */
type Leg = { readonly attempts: Figure; readonly latency: () => Histogram }

/**
 * Finds the series of a request and of a try by one look-up. Kept are those whose names have labels of their own: the
 * others are without number, and may get one later.
 */
function openKept(series: Series, names: Names) {
  const accounts = new Map<string, Account>()
  const legs = new Map<string, Leg>()

  function accountOf(record: Record): Account {
    const { operation, status, code, provider, team } = record
    const model = code === 'model_not_found' ? (record.model ?? other) : record.model
    // The model stands last, being the only one of these in which a caller can put any character.
    const key = `${operation} ${status} ${code} ${provider ?? ''}\n${team ?? ''}\n${model ?? ''}`
    const known = accounts.get(key)
    if (known !== undefined) return known
    const labels = names.of(provider, model, team)
    const account = openAccount(series, labels, record)
    if (labels.model === (model ?? '') && labels.team === (team ?? '')) accounts.set(key, account)
    return account
  }

  function legOf({ target, outcome, status }: Try): Leg {
    const key = `${outcome} ${status ?? ''} ${target.provider}\n${target.model}`
    const known = legs.get(key)
    if (known !== undefined) return known
    const labels = names.of(target.provider, target.model, undefined)
    const leg = openLeg(series, labels, outcome, `${status ?? ''}`)
    if (labels.model === target.model) legs.set(key, leg)
    return leg
  }

  return { accountOf, legOf }
}

/** Pairs of targets; the next ones are counted as `other`. */
const mostPairs = 1_000

/** What was decided, counted by its reason. Breakers and keys are told as states, not counted. */
function openHappenings(series: Series, names: Names): Teller {
  const { retries, failovers, hedges, standbys, shed, queueWait, coalesced } = series
  const pairs = new Set<string>()
  const nameOf = ({ provider, model }: Target): string => `${provider}/${names.of(provider, model, undefined).model}`
  function pairOf(from: Target, to: Target): { readonly from: string; readonly to: string } {
    const pair = { from: nameOf(from), to: nameOf(to) }
    const name = `${pair.from} ${pair.to}`
    if (!pairs.has(name) && pairs.size >= mostPairs) return { from: 'other', to: 'other' }
    pairs.add(name)
    return pair
  }

  return (happening: Happening) => {
    switch (happening.type) {
      case 'retry':
        retries({ reason: happening.reason }).value++
        break
      case 'failover':
        failovers({ ...pairOf(happening.from, happening.to), reason: happening.reason }).value++
        break
      case 'hedge':
        hedges({ result: happening.result }).value++
        break
      case 'standby':
        standbys({ result: happening.result, reason: happening.reason }).value++
        break
      case 'shed':
        shed({ reason: happening.reason }).value++
        break
      case 'queue':
        observe(queueWait({ result: happening.result }), happening.waitedMs / 1000)
        break
      case 'coalesce':
        coalesced({}).value++
        break
      case 'breaker':
      case 'key':
        break
      default:
        happening satisfies never
    }
  }
}

/** A series that may have nothing to tell is opened when it has: a kind of token that never occurs is not a zero. */
function openAccount(series: Series, { provider, model, team }: Labels, { operation, status, code }: Record): Account {
  return {
    requests: series.requests({ operation, provider, model, team, status: `${status}`, code }),
    firstToken: once(() => series.firstToken({ provider, model })),
    cost: once(() => series.cost({ provider, model, team })),
    tokens: kinds.map(([kind, bucket]) => ({
      bucket,
      figure: once(() => series.tokens({ provider, model, team, kind })),
    })),
  }
}

const openLeg = (series: Series, { provider, model }: Labels, outcome: string, status: string): Leg => ({
  attempts: series.attempts({ provider, model, outcome, status }),
  latency: once(() => series.latency({ provider, model })),
})

const kinds = [
  ['input', 'input'],
  ['output', 'output'],
  ['cache_read', 'cacheRead'],
  ['cache_write', 'cacheWrite'],
  ['reasoning', 'reasoning'],
] as const

function once<Value>(make: () => Value): () => Value {
  let made: Value | undefined
  return () => (made ??= make())
}

/** The targets that told a reply in parts, each with what it used; undefined where one told it all. */
const partsOf = ({ tries }: Record): readonly Try[] | undefined =>
  tries.length > 1 && tries.some(isPart) ? tries.filter(hasUsage) : undefined

function countRequest(series: Series, account: Account, record: Record): void {
  account.requests.value++
  observe(series.duration, record.totalMs / 1000)
  observe(series.overhead, record.overheadMs / 1000)
  if (record.firstTokenMs !== undefined) observe(account.firstToken(), record.firstTokenMs / 1000)
  countUsed(account, record)
}

function countUsed(account: Account, { usage, cost }: Pick<Try, 'usage' | 'cost'>): void {
  if (cost !== undefined) account.cost().value += cost / 1e9
  if (usage !== undefined) countTokens(account, usage)
}

function countTokens({ tokens }: Account, usage: Usage): void {
  for (const { bucket, figure } of tokens) {
    if (usage[bucket] > 0) figure().value += usage[bucket]
  }
}

function countTry({ attempts, latency }: Leg, { headersMs }: Try): void {
  attempts.value++
  if (headersMs !== undefined) observe(latency(), headersMs / 1000)
}

/** What is read when somebody asks, and costs nothing in between. */
function addReadings(exposition: Exposition, version: string, inFlight: () => number, queued: () => number): void {
  exposition.read({ name: 'thalamus_in_flight', type: 'gauge', help: 'Requests that are being served.' }, inFlight)
  exposition.read({ name: 'thalamus_queued', type: 'gauge', help: 'Requests that wait for their turn.' }, queued)
  exposition.read({ name: 'process_resident_memory_bytes', type: 'gauge', help: 'Resident memory.' }, () =>
    memoryUsage.rss(),
  )
  exposition.read({ name: 'process_cpu_seconds_total', type: 'counter', help: 'User and system CPU time.' }, cpuSeconds)
  exposition.figures({ name: 'thalamus_build_info', type: 'gauge', help: 'Always 1.' })({ version }).value = 1
}

/** What the process itself has used: a reading of our own meter, not of the environment. */
function cpuSeconds(): number {
  const { user, system } = cpuUsage()
  return (user + system) / 1e6
}
