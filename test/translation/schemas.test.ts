import { describe, expect, test } from 'bun:test'
import { callers } from '../wire/dialects.ts'
import { complaintsAboutArray } from '../wire/machines/gemini-generate.ts'
import { isCut } from './departures.ts'
import { chatExchanges, type Exchange } from './exchanges.ts'
import { chunksIn, type Judges, replyJudges } from './judges.ts'
import { chunksOf } from './recorded/loose.ts'
import { recordedRefusal } from './recorded/refusal.ts'
import { recordedMeaning } from './recorded.ts'
import { answerIn, batchesIn, streamFor, wholeFor } from './retell.ts'

/**
 * Whatever is written for a caller is right by the published schema of the caller's dialect, every chunk of a stream too,
 * and streams are in order. Where the provider speaks the same dialect its own words are told again: nothing may be wrong
 * with them that was not wrong before.
 */
const judges = replyJudges()
const good = chatExchanges().filter(each => each.status === 200)
const whole = good.filter(each => !each.streamed && recordedRefusal(each) === undefined)
/** Also those that fail after they have begun. */
const streams = good.filter(each => each.streamed && recordedRefusal(each)?.status === undefined)

const named = (exchanges: readonly Exchange[]): [string, Exchange][] => exchanges.map(each => [each.id, each])

describe.skipIf(judges === undefined || good.length === 0)(
  'by the published schemas (skipped where they are absent)',
  () => {
    test.each(named(whole))('a whole reply is right for every caller: %s', (_, exchange) => {
      const answer = answerIn(exchange)
      for (const caller of callers) {
        const { whole } = judgesOf(caller)
        const known = exchange.dialect === caller ? whole(chunksOf(exchange)[0]) : []
        expect(beyond(whole(wholeFor(caller, exchange, answer)), known)).toEqual([])
      }
    })

    test.each(named(streams))('a stream is right and in order for every caller: %s', (_, exchange) => {
      const batches = batchesIn(exchange, [exchange.bytes])
      for (const caller of callers) {
        const { chunk, stream } = judgesOf(caller)
        const text = streamFor(caller, exchange, batches)
        expect(stream(text).filter(complaint => !isKnown(complaint, exchange))).toEqual([])
        const known = exchange.dialect === caller ? chunksOf(exchange).flatMap(chunk) : []
        expect(beyond(chunksIn(text).flatMap(chunk), known)).toEqual([])
      }
    })

    test.each(named(streams))('as one array a stream says what it says in events: %s', (_, exchange) => {
      const batches = batchesIn(exchange, [exchange.bytes])
      const text = streamFor('gemini-generate', exchange, batches, { array: true })
      expect(complaintsAboutArray(text)).toEqual([])
      expect(JSON.parse(text)).toEqual(chunksIn(streamFor('gemini-generate', exchange, batches)))
    })
  },
)

function judgesOf(caller: string): Judges {
  const found = judges?.[caller]
  if (!found) throw new Error(`Nobody judges ${caller}.`)
  return found
}

/** Another dialect's words are all ours; the words of its own, a provider may have got wrong. */
const wasRight = (caller: string, exchange: Exchange, judge: Judges['chunk']): boolean =>
  exchange.dialect !== caller || chunksOf(exchange).every(chunk => judge(chunk).length === 0)

/** What has left of a call cannot be taken back when the rest of it never comes: see the departures. */
const isKnown = (complaint: string, exchange: Exchange): boolean =>
  /^the input .* is no object$/s.test(complaint) && recordedMeaning(exchange).tools.some(isCut)
