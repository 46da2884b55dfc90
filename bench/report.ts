import { ASKED, SPOKEN } from './dialects/all.ts'
import { type Figures, figuresOf } from './figures.ts'
import { judge, LIMITS, type Limit, type Unit, type Verdict } from './limits.ts'
import { SUBJECT } from './peers.ts'
import { FAILINGS } from './scenarios/failing.ts'
import { cpuOf, KINDS, ratioOf } from './scenarios/pairs.ts'
import type { Figure } from './scenarios/run.ts'
import { BREAKS } from './scenarios/standby.ts'
import { WORKLOADS } from './scenarios/throughput.ts'

/** Figures as a document: Markdown that is also aligned, so that the terminal and the file show the same. */
export function report(about: About, all: readonly Figure[]): Report {
  const figures = figuresOf(all)
  const peers = about.peers.map(peer => peer.name)
  const verdicts = LIMITS.map(limit => judge(limit, figures))
  const parts = [
    `# Benchmark of ${about.date}`,
    about.circumstances.map(line => `- ${line}`).join('\n'),
    table(
      ['gateway', 'version'],
      about.peers.map(peer => [peer.name, peer.version]),
    ),
    `## Limits\n\n${verdictTable(verdicts.filter(({ measured }) => measured !== undefined))}`,
    ...unmeasured(verdicts),
    ...SECTIONS.flatMap(section => sectionText(section, peers, figures)),
    ...KINDS.flatMap(kind => peers.flatMap(peer => pairsText(kind, peer, figures))),
  ]
  return { text: `${parts.join('\n\n')}\n`, missed: verdicts.filter(one => one.verdict === 'MISSED') }
}

export type Report = { readonly text: string; readonly missed: readonly Verdict[] }

export type About = {
  readonly date: string
  /** The machine, how long, how often: a sentence each. */
  readonly circumstances: readonly string[]
  readonly peers: readonly { readonly name: string; readonly version: string }[]
}

type Section = { readonly title: string; readonly ratios: boolean; readonly columns: readonly Column[] }

type Column = { readonly title: string; readonly measure: string; readonly show: (value: number) => string }

const whole = (value: number): string => Math.round(value).toLocaleString('en')
const fine = (value: number): string => value.toFixed(2)
const yesNo = (value: number): string => (value === 0 ? 'yes' : 'no')

const SECTIONS: readonly Section[] = [
  {
    title: 'Processor time per request, microseconds',
    ratios: true,
    columns: WORKLOADS.map(({ name, title }) => ({ title, measure: `cpu.${name}`, show: whole })),
  },
  {
    title: 'Requests per second, 64 connections, one core',
    ratios: true,
    columns: WORKLOADS.map(({ name, title }) => ({ title, measure: `rps.${name}`, show: whole })),
  },
  {
    title: 'Added latency at 1,000 requests per second, milliseconds',
    ratios: false,
    columns: [
      { title: 'p50', measure: 'latency.p50', show: fine },
      { title: 'p99', measure: 'latency.p99', show: fine },
      { title: 'keeps up', measure: 'latency.saturated', show: yesNo },
    ],
  },
  {
    title: '2,000 streams at once',
    ratios: false,
    columns: [
      { title: 'open at once', measure: 'streams.peak', show: whole },
      { title: "first word after the mock's, p50 ms", measure: 'streams.behind.p50', show: fine },
      { title: 'p99 ms', measure: 'streams.behind.p99', show: fine },
      { title: 'first word after connecting, p99 ms', measure: 'streams.asked.p99', show: fine },
      { title: 'failed', measure: 'streams.failed', show: whole },
      { title: 'RSS MB', measure: 'streams.rss', show: whole },
    ],
  },
  {
    title: 'Start and memory',
    ratios: false,
    columns: [
      { title: 'first 200, ms', measure: 'start', show: whole },
      { title: 'RSS then, MB', measure: 'rss.start', show: whole },
      { title: 'RSS after load, MB', measure: 'rss.load', show: whole },
    ],
  },
  {
    title: 'RSS at rest, MB, before and after each quarter of the requests and aborts',
    ratios: false,
    columns: [
      { title: 'before', measure: 'leak.before', show: whole },
      ...[1, 2, 3, 4].map(quarter => ({ title: `${quarter}/4`, measure: `leak.after${quarter}`, show: whole })),
    ],
  },
  {
    title: 'Processor time of a request that succeeds at once, microseconds',
    ratios: false,
    columns: [
      { title: 'one target', measure: 'plan.plain', show: fine },
      { title: 'two, retries, hedge, breaker', measure: 'plan.planned', show: fine },
      { title: 'added', measure: 'plan.added', show: fine },
    ],
  },
  {
    title: 'One target of two always fails, p99 at 1,000 requests per second, milliseconds',
    ratios: false,
    columns: [
      { title: 'the healthy one alone', measure: 'failing.healthy', show: fine },
      ...FAILINGS.map(({ name, title }) => ({ title: `the first ${title}`, measure: `failing.${name}`, show: fine })),
    ],
  },
  {
    title: 'Hedging after the p95, 400 requests per second, milliseconds',
    ratios: false,
    columns: [
      { title: 'p95 without a tail', measure: 'hedging.calm.p95', show: fine },
      { title: 'p99 with the tail', measure: 'hedging.unhedged.p99', show: fine },
      { title: 'p99, hedged', measure: 'hedging.hedged.p99', show: fine },
    ],
  },
  {
    title: 'A provider breaks off mid-stream, idle 400 ms: p99, milliseconds',
    ratios: false,
    columns: [
      { title: 'first word', measure: 'standby.trip', show: fine },
      ...BREAKS.map(({ name, title }) => ({
        title: `silence when it ${title}`,
        measure: `standby.${name}.gap`,
        show: fine,
      })),
    ],
  },
]

/** What this run did not look at is not kept either. */
function unmeasured(verdicts: readonly Verdict[]): readonly string[] {
  const count = verdicts.filter(({ measured }) => measured === undefined).length
  return count === 0 ? [] : [`${count} other limits were not measured.`]
}

/** A row for each dialect that callers speak, a column for each that providers speak. */
function pairsText(kind: (typeof KINDS)[number], peer: string, figures: Figures): readonly string[] {
  const cell = (asked: string, spoken: string): string => {
    const micros = showOr(figures.median(peer, cpuOf(kind, asked, spoken)), whole)
    const ratio = figures.median(peer, ratioOf(kind, asked, spoken))
    return ratio === undefined ? micros : `${micros} (${ratio.toFixed(2)} x)`
  }
  const rows = ASKED.map(({ id }) => [id, ...SPOKEN.map(spoken => cell(id, spoken.id))])
  if (rows.every(([, ...cells]) => cells.every(text => text === ABSENT))) return []
  const title = `Between dialects, ${kind.title}, ${peer}: processor time, microseconds (of the caller's own dialect's)`
  return [`## ${title}\n\n${table(['caller', ...SPOKEN.map(({ id }) => id)], rows)}`]
}

function sectionText(section: Section, peers: readonly string[], figures: Figures): readonly string[] {
  const measured = section.columns.filter(column =>
    [...peers, 'direct'].some(peer => figures.median(peer, column.measure) !== undefined),
  )
  if (measured.length === 0) return []
  const rows = [...peers, 'direct'].flatMap(peer =>
    rowOf(peer, measured, ({ measure }) => figures.median(peer, measure)),
  )
  const ratios = section.ratios ? ratioRows(peers, measured, figures) : []
  return [`## ${section.title}\n\n${table(['', ...measured.map(column => column.title)], [...rows, ...ratios])}`]
}

/** A row without a single figure says nothing: the gateway was absent or not asked. */
function rowOf(
  title: string,
  columns: readonly Column[],
  measured: (column: Column) => number | undefined,
): readonly Row[] {
  const cells = columns.map(column => showOr(measured(column), column.show))
  return cells.every(cell => cell === ABSENT) ? [] : [[title, ...cells]]
}

function ratioRows(peers: readonly string[], columns: readonly Column[], figures: Figures): readonly Row[] {
  return peers
    .filter(peer => peer !== SUBJECT)
    .flatMap(peer => {
      const shown = columns.map(column => ({ ...column, show: ratioText }))
      return rowOf(`${SUBJECT} : ${peer}`, shown, ({ measure }) => figures.ratio(SUBJECT, peer, measure))
    })
}

function ratioText(ratio: number): string {
  return ratio < 0.5 ? partText(ratio) : `${ratio.toFixed(2)} x`
}

function partText(ratio: number): string {
  return `1/${(1 / ratio).toFixed(1)}`
}

function verdictTable(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map(({ limit, measured, range, verdict }) => [
    limit.says,
    boundText(limit),
    showOr(measured, value => SHOW[limit.unit](value)),
    showOr(range, ([low, high]) => `${SHOW[limit.unit](low)} to ${SHOW[limit.unit](high)}`),
    verdict,
  ])
  return table(['limit', 'allowed', 'measured', 'over the rounds', 'verdict'], rows)
}

const SHOW: Readonly<Record<Unit, (value: number) => string>> = {
  x: value => `${value.toFixed(2)} x`,
  part: partText,
  us: value => `${value.toFixed(1)} us`,
  ms: value => `${value.toFixed(2)} ms`,
  MB: value => `${value.toFixed(0)} MB`,
  streams: whole,
}

function boundText(limit: Limit): string {
  const [word, bound] = limit.most === undefined ? ['at least', limit.least ?? 0] : ['at most', limit.most]
  return `${word} ${SHOW[limit.unit](bound)}`
}

const ABSENT = '-'

function showOr<T>(value: T | undefined, show: (value: T) => string): string {
  return value === undefined ? ABSENT : show(value)
}

type Row = readonly string[]

function table(head: Row, rows: readonly Row[]): string {
  const widths = head.map((title, column) => Math.max(3, title.length, ...rows.map(row => (row[column] ?? '').length)))
  const line = (row: Row): string =>
    `| ${widths.map((width, column) => pad(row[column] ?? '', width, column)).join(' | ')} |`
  const rule = `|${widths.map((width, column) => (column === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`
  return [line(head), rule, ...rows.map(line)].join('\n')
}

function pad(text: string, width: number, column: number): string {
  return column === 0 ? text.padEnd(width) : text.padStart(width)
}
