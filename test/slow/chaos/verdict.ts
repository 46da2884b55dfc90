import { median, slopeOf } from '../soak/gauges.ts'
import type { Check } from '../soak/verdict.ts'
import { talks } from './errands.ts'
import { behavioursOf, moods } from './moods.ts'
import type { Outcome } from './run.ts'
import { countsOf, type Sample } from './watch.ts'

/** What is promised, whatever happens: one line each. */

/** In the second half of its last life the relay may grow by so much. */
const growthMb = 32
/** In less time than this the heap has not found its size: it grew by 17 in ten seconds of a busy machine, without a leak. */
const shortSeconds = 60
const shortGrowthMb = 64
/** No life may ever take more. In ten minutes with 300 callers it was 237 at most. */
const peakMb = 350
/** Of those who waited, so many had their answer, though more than a quarter of what providers say fails and two of three may be dead. */
const leastAnswered = 0.75

export function judge(outcome: Outcome): readonly Check[] {
  const { books, counted, lives, rest, database, farewell } = outcome
  const { errors } = lives
  const still = rest.askedStill.map(({ mood }) => mood)
  return [
    ...told(outcome),
    ...happened(outcome),
    check('stories that agree with their row', books.complaints === 0, complaintsOf(outcome)),
    answered(outcome),
    letGo(outcome),
    check(
      'rows that were counted, last life',
      counted === books.rowsOfLastLife,
      `${counted} of ${books.rowsOfLastLife}`,
    ),
    check('in flight at rest', rest.inFlight === 0, `${rest.inFlight}`),
    check('asked of providers at rest', still.length === 0, [`${still.length}`, ...still].join('\n    ')),
    check('sockets held to providers that are dead', rest.heldToProviders === 0, `${rest.heldToProviders}`),
    check('sockets held to callers that have left', rest.heldToCallers === 0, `${rest.heldToCallers}`),
    check(
      'errors in the log, of all lives',
      errors.length === 0,
      [`${errors.length}`, ...errors.slice(0, 5)].join('\n    '),
    ),
    check('database', database === 'ok', database),
    check('end, when told to', farewell === 'ended with 0', farewell),
    ...memory(outcome),
  ]
}

const check = (what: string, ok: boolean, value: string): Check => ({ ok, what, value })
const tell = (what: string, value: string): Check => ({ ok: true, what, value })

function told({ books, asks, options, mostWaiting, providersKilled, lives }: Outcome): readonly Check[] {
  const ends = Object.groupBy(lives.outages, ({ how }) => how)
  return [
    tell('callers, seconds', `${options.callers}, ${options.seconds}; ${mostWaiting} at most waited at once`),
    tell('a reply to which nothing happened', `${books.plainMs.toFixed(0)} ms`),
    tell('requests', countsOf(books)),
    tell('why not', listOf(books.reasons)),
    tell('asked of providers', `${asks.made} times`),
    tell('killed', `providers ${providersKilled} times, the relay ${ends.killed?.length ?? 0}`),
    tell('stopped and started again', `the relay ${ends.stopped?.length ?? 0} times`),
    tell('rows', `${books.rows}`),
  ]
}

/** Where providers are asked less often, the rarest may not come by chance. */
const enoughAsked = 3_000

/** A run in which nothing of a kind happened proves nothing of it. */
function happened({ books, asks }: Outcome): readonly Check[] {
  const forms = talks.flatMap(({ name }) => [name, `${name}, stream`])
  const ways = [...new Set(moods.flatMap(behavioursOf))]
  const few = asks.made < enoughAsked
  return [
    check('whole replies, by dialect and form', few || isIn(books.forms, forms), listOf(books.forms)),
    check('tries beside the first, replies given twice', few || isIn(books.turns, turns), listOf(books.turns)),
    check('ways to fail that came', few || isIn(asks.moods, ways), missing(asks.moods, ways)),
  ]
}

const turns = ['retry', 'failover', 'hedge', 'race', 'standby', 'replayed', 'shared']

const isIn = (counts: ReadonlyMap<string, number>, wanted: readonly string[]): boolean =>
  wanted.every(name => counts.has(name))

function missing(counts: ReadonlyMap<string, number>, wanted: readonly string[]): string {
  const absent = wanted.filter(name => !counts.has(name))
  return absent.length === 0 ? `all ${wanted.length}` : `all but ${absent.join(', ')}`
}

const listOf = (counts: ReadonlyMap<string, number>): string =>
  [...counts]
    .toSorted(([one], [other]) => one.localeCompare(other))
    .map(([name, count]) => `${name} ${count}`)
    .join(' · ')

/** Those that the relay's own death took are not its providers' failures. */
function answered({ books }: Outcome): Check {
  const count = (ending: string): number => books.endings.get(ending) ?? 0
  const waited = count('whole') + count('failed') + count('refused')
  const share = waited === 0 ? 0 : count('whole') / waited
  const value = `${(100 * share).toFixed(2)} % (limit ${100 * leastAnswered})${books.busy ? ': too busy to judge' : ''}`
  return check('answered of those who waited', books.busy || share >= leastAnswered, value)
}

/** What the contract says of a caller who leaves. */
const letGoMs = 100

function letGo({ books }: Outcome): Check {
  const sorted = books.lettingGo.toSorted((one, other) => one - other)
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? 0
  const [median, p99, most] = [at(0.5), at(0.99), at(1)].map(ms => `${ms.toFixed(0)} ms`)
  const value = `${sorted.length} times, after ${median}, p99 ${p99} (limit ${letGoMs}), ${most} at most`
  return check('let go when a caller had left', books.busy || at(0.99) <= letGoMs, value)
}

const complaintsOf = ({ books }: Outcome): string =>
  books.complaints === 0 ? 'all' : [`${books.complaints} do not`, ...books.examples].join('\n    ')

function memory({ samples, calmSeconds }: Outcome): readonly Check[] {
  const calm = samples.filter(({ seconds }) => seconds > calmSeconds)
  const half = calm.slice(Math.floor(calm.length / 2))
  const grown = half.length * slopeOf(half.map(({ seconds, rssMb }) => [seconds, rssMb] as const))
  const limit = calm.length < shortSeconds ? shortGrowthMb : growthMb
  const figures = `(limit ${limit}, median ${middle(half)}, at first ${middle(calm.slice(0, 10))})`
  const peak = Math.max(...samples.map(({ rssMb }) => rssMb))
  return [
    check('growth of memory, last life, second half', grown <= limit, `${grown.toFixed(1)} MB ${figures}`),
    check('peak of memory, of all lives', peak <= peakMb, `${peak.toFixed(0)} MB (limit ${peakMb})`),
  ]
}

const middle = (samples: readonly Sample[]): string => median(samples.map(({ rssMb }) => rssMb)).toFixed(0)
