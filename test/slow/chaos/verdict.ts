import { median, slopeOf } from '../soak/gauges.ts'
import type { Check } from '../soak/verdict.ts'
import type { Outcome } from './run.ts'

/** What is promised, whatever happens: one line each. */

/** In the second half of its last life the relay may grow by so much. */
const growthMb = 32
/** In less time than this the heap has not found its size. */
const tooShortSeconds = 60
/** Of those who waited, so many had their answer, though a third of what providers say fails and two of three may be dead. */
const leastAnswered = 0.75

export function judge(outcome: Outcome): readonly Check[] {
  const { books, counted, countedRows, inFlight, openStreams, heldToNobody, errors, farewell } = outcome
  return [
    ...told(outcome),
    check('stories that agree with their row', books.complaints === 0, complaintsOf(outcome)),
    answered(outcome),
    check('rows that were counted, last life', counted === countedRows, `${counted} counted, ${countedRows} rows`),
    check('in flight at rest', inFlight === 0, `${inFlight}`),
    check('streams open upstream at rest', openStreams === 0, `${openStreams}`),
    check('sockets held to providers that are dead', heldToNobody === 0, `${heldToNobody}`),
    check('errors in the log', errors.length === 0, [`${errors.length}`, ...errors.slice(0, 5)].join('\n    ')),
    check('end, when told to', farewell === 'ended with 0', farewell),
    memory(outcome),
  ]
}

const check = (what: string, ok: boolean, value: string): Check => ({ ok, what, value })

function told({ books, options, providersKilled, relayKilled, relayStopped }: Outcome): readonly Check[] {
  const endings = [...books.endings].map(([ending, count]) => `${ending} ${count}`).join(', ')
  return [
    { ok: true, what: 'callers, seconds', value: `${options.callers}, ${options.seconds}` },
    { ok: true, what: 'requests', value: `${books.made}: ${endings}` },
    {
      ok: true,
      what: 'why not',
      value: [...books.reasons]
        .toSorted(([one], [other]) => one.localeCompare(other))
        .map(([reason, count]) => `${reason} ${count}`)
        .join(', '),
    },
    { ok: true, what: 'killed', value: `providers ${providersKilled} times, the relay ${relayKilled}` },
    { ok: true, what: 'stopped and started again', value: `the relay ${relayStopped} times` },
    { ok: true, what: 'rows', value: `${books.rows}` },
  ]
}

/** Those that the relay's own death took are not its providers' failures. */
function answered({ books }: Outcome): Check {
  const count = (ending: string): number => books.endings.get(ending) ?? 0
  const waited = count('whole') + count('failed') + count('refused')
  const share = waited === 0 ? 0 : count('whole') / waited
  return check('answered of those who waited', share >= leastAnswered, `${(100 * share).toFixed(2)} %`)
}

const complaintsOf = ({ books }: Outcome): string =>
  books.complaints === 0 ? 'all' : [`${books.complaints} do not`, ...books.examples].join('\n    ')

function memory({ samples }: Outcome): Check {
  const half = samples.slice(Math.floor(samples.length / 2))
  const grown = half.length * slopeOf(half.map(({ seconds, rssMb }) => [seconds, rssMb] as const))
  const usual = median(half.map(({ rssMb }) => rssMb))
  const short = samples.length < tooShortSeconds
  const figures = `${grown.toFixed(1)} MB (limit ${growthMb}, median ${usual.toFixed(0)})`
  const value = short ? `${figures}: too short to judge` : figures
  return check('growth of memory, last life, second half', short || grown <= growthMb, value)
}
