import { describe, expect, test } from 'bun:test'
import type { Answer } from '../../src/model/answer.ts'
import type { Delta } from '../../src/model/delta.ts'
import { fold, unfold } from '../../src/model/fold.ts'
import type { Part } from '../../src/model/part.ts'
import { callerDialect, callers } from '../wire/dialects.ts'
import { chatExchanges, type Exchange } from './exchanges.ts'
import { argumentsIn } from './meaning.ts'
import { chunksOf } from './recorded/loose.ts'
import { recordedRefusal } from './recorded/refusal.ts'
import { answerIn, batchesIn, streamFor, wholeFor } from './retell.ts'

/**
 * A stream amounts to what a whole reply would have said: where a recording has both, and in what is written of every
 * recording for callers of every dialect, read again by the dialect's own reader.
 */
const exchanges = chatExchanges().filter(each => each.status === 200 && recordedRefusal(each) === undefined)
const pairs = callers.flatMap(caller => exchanges.map(each => [caller, each.id, each] as const))

describe.skipIf(exchanges.length === 0)('a stream (skipped where ../shared/corpus is absent)', () => {
  test.each(pairs)('to %s amounts to the whole reply: %s', (caller, _, exchange) => {
    const deltas = deltasOf(exchange)
    const { stream, answer } = callerDialect(caller)
    const streamed = fold(stream.reader(maker).read(Buffer.from(streamFor(caller, exchange, [deltas]))))
    const body = wholeFor(caller, exchange, fold(deltas))
    expect(gistOf(streamed)).toEqual(gistOf(answer.read(body, JSON.stringify(body), maker)))
  })

  const ended = exchanges.flatMap((each): [string, Exchange, Exchange][] => {
    const last = chunksOf(each).findLast(({ type }) => /^response\.(?:completed|incomplete)$/.test(type))?.response
    // Some tell their items only as they are done.
    if (!each.streamed || !last?.output?.length) return []
    return [[each.id, each, { ...each, streamed: false, bytes: Buffer.from(JSON.stringify(last)) }]]
  })

  test.each(ended)('amounts to the response that ends it: %s', (_, streamed, whole) => {
    expect(gistOf(fold(deltasOf(streamed)))).toEqual(gistOf(answerIn(whole)))
  })
})

const maker = 'reader/m'

const deltasOf = (exchange: Exchange): readonly Delta[] =>
  exchange.streamed ? batchesIn(exchange, [exchange.bytes]).flat() : unfold(answerIn(exchange))

/**
 * All that a reply says, but for its order: on some wires a whole reply has none. What is sealed is judged by those who hand
 * it back (the dialects' own tests).
 */
function gistOf({ model, choices, usage, tier }: Answer) {
  return {
    model,
    usage,
    tier,
    choices: choices.map(({ parts, stop }) => ({ ...gistOfParts(parts), stop: stop?.reason })),
  }
}

function gistOfParts(parts: readonly Part[]) {
  const texts = ofType(parts, 'text')
  return {
    text: texts.map(({ text }) => text).join(''),
    refusal: ofType(parts, 'refusal')
      .map(({ text }) => text)
      .join(''),
    thoughts: ofType(parts, 'reasoning')
      .map(({ text }) => text)
      .join(''),
    sources: texts.flatMap(({ citations = [] }) => citations.map(({ url, title, quoted }) => [url, title, quoted])),
    calls: ofType(parts, 'tool-call').map(({ id, name, input }) => [id, name, inputOf(argumentsIn(input))]),
    media: ofType(parts, 'media').map(({ kind, source, transcript }) => [kind, source, transcript]),
  }
}

/** Arguments that were cut off are in a whole reply of Anthropic's under a name; what has left of a stream stays as it is. */
const inputOf = (input: unknown): unknown => (input as { readonly invalid_json?: string })?.invalid_json ?? input

const ofType = <T extends Part['type']>(parts: readonly Part[], type: T): readonly Extract<Part, { type: T }>[] =>
  parts.filter((part): part is Extract<Part, { type: T }> => part.type === type)
