import { median, slopeOf } from './gauges.ts'
import type { Outcome, Sample } from './run.ts'

/** What a soak promises, checked: one line each. */

export type Check = { readonly ok: boolean; readonly what: string; readonly value: string }

/**
 * Over the second half of a run memory may grow by so much. Requests of megabytes make it swing by a hundred between two
 * collections (a slope through all samples was -66 MB in a run without a leak), so the lowest of each ninth is looked at.
 */
const growthMb = 48
const ninths = 9
/** In less time than this the heap has not found its size. */
const tooShortSeconds = 60

export function judge(outcome: Outcome): readonly Check[] {
  const { books, counted, atRest, heldToNobody, logged, farewell } = outcome
  const { unheard, outside } = books.close()
  const missing = books.made - unheard - outside
  return [
    check('requests that have a row', missing === books.rows, `${missing} made, ${books.rows} rows`),
    check('rows that were counted', counted === books.rows, `${counted} in thalamus_requests_total`),
    check('stories that agree with their row', books.complaints === 0, complaintsOf(outcome)),
    check('in flight at rest', atRest.inFlight === 0, `${atRest.inFlight}`),
    check('streams open upstream at rest', atRest.simStreams === 0, `${atRest.simStreams}`),
    check(
      'sockets held to a provider that left',
      heldToNobody === 0,
      `${heldToNobody} (${atRest.upstream} idle before)`,
    ),
    check('errors in the log', logged === 0, `${logged}`),
    check('end, when told to', farewell === 'ended with 0', farewell),
    memory(outcome),
    { ok: true, what: 'left before they were heard of', value: `${unheard}` },
  ]
}

const check = (what: string, ok: boolean, value: string): Check => ({ ok, what, value })

const complaintsOf = ({ books }: Outcome): string =>
  books.complaints === 0 ? 'all' : [`${books.complaints} do not`, ...books.examples].join('\n    ')

function memory({ samples, options }: Outcome): Check {
  const seconds = options.seconds / 2
  const half = samples.filter(sample => sample.seconds > seconds)
  const usual = median(half.map(({ rssMb }) => rssMb))
  const grown = seconds * slopeOf(lowest(half, seconds / ninths))
  const peak = Math.max(...samples.map(({ rssMb }) => rssMb))
  const short = options.seconds < tooShortSeconds
  const figures = `(limit ${growthMb}, median ${usual.toFixed(0)}, peak ${peak.toFixed(0)})`
  const value = `${grown.toFixed(1)} MB ${figures}`
  return check(
    'growth of memory, second half',
    short || grown <= growthMb,
    short ? `${value}: too short to judge` : value,
  )
}

/** The lowest memory of each stretch of so many seconds, and when it was seen. */
const lowest = (samples: readonly Sample[], seconds: number): (readonly [number, number])[] =>
  [...Map.groupBy(samples, sample => Math.floor(sample.seconds / seconds)).values()].map(stretch => {
    const low = stretch.reduce((least, sample) => (sample.rssMb < least.rssMb ? sample : least))
    return [low.seconds, low.rssMb] as const
  })
