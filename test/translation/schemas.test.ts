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
 * and streams are in order. Where the provider speaks the same dialect its own words are told again: what was right before
 * stays right.
 */
const judges = replyJudges()
const good = chatExchanges().filter(each => each.status === 200)
const wholes = good.filter(each => !each.streamed && recordedRefusal(each) === undefined)
/** Also those that fail after they have begun. */
const streams = good.filter(each => each.streamed && recordedRefusal(each)?.status === undefined)

const pairsOf = (exchanges: readonly Exchange[]) =>
  callers.flatMap(caller => exchanges.map(each => [caller, each.id, each] as const))
const absent = judges === undefined || good.length === 0

describe.skipIf(absent)('by the published schemas (skipped where they or the corpus are absent)', () => {
  test.each(pairsOf(wholes))('a whole reply to %s is right: %s', (caller, _, exchange) => {
    const { whole } = judgesOf(caller)
    if (wasRight(caller, exchange, whole)) expect(whole(wholeFor(caller, exchange, answerIn(exchange)))).toEqual([])
  })

  test.each(pairsOf(streams))('a stream to %s is right, and in order: %s', (caller, _, exchange) => {
    const { chunk, stream } = judgesOf(caller)
    const text = streamFor(caller, exchange, batchesIn(exchange, [exchange.bytes]))
    expect(stream(text).filter(complaint => !isKnown(complaint, exchange))).toEqual([])
    if (wasRight(caller, exchange, chunk)) expect(chunksIn(text).flatMap(chunk)).toEqual([])
  })

  test.each(streams.map(each => [each.id, each] as const))('an array says what its events say: %s', (_, exchange) => {
    const batches = batchesIn(exchange, [exchange.bytes])
    const text = streamFor('gemini-generate', exchange, batches, { array: true })
    expect(complaintsAboutArray(text)).toEqual([])
    expect(JSON.parse(text)).toEqual(chunksIn(streamFor('gemini-generate', exchange, batches)))
  })
})

function judgesOf(caller: string): Judges {
  const found = judges?.[caller]
  if (!found) throw new Error(`Nobody judges ${caller}.`)
  return found
}

/** Another dialect's words are all ours; those of its own, a provider may have got wrong. */
const wasRight = (caller: string, exchange: Exchange, judge: Judges['chunk']): boolean =>
  exchange.dialect !== caller || chunksOf(exchange).every(chunk => judge(chunk).length === 0)

/** What has left of a call cannot be taken back when the rest of it never comes: see the departures. */
const isKnown = (complaint: string, exchange: Exchange): boolean =>
  /^the input .* is no object$/s.test(complaint) && recordedMeaning(exchange).tools.some(isCut)
