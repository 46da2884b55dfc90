import { describe, expect, test } from 'bun:test'
import type { Delta } from '../../src/model/delta.ts'
import { callerDialect, callers } from '../wire/dialects.ts'
import { chatExchanges, type Exchange } from './exchanges.ts'
import { batchesIn } from './retell.ts'

/**
 * What a provider says leaves for its caller with the event in which it was said, thoughts as well as words: nothing waits
 * for what comes behind it (litellm#26102, litellm#38689: a reply that began when the thinking was over).
 */
const streams = chatExchanges().filter(({ streamed, status }) => streamed && status === 200)

describe.skipIf(streams.length === 0)('said and told at once (skipped where ../shared/corpus is absent)', () => {
  test.each(streams.map((each): [string, Exchange] => [each.id, each]))('%s', (_, exchange) => {
    const batches = batchesIn(
      exchange,
      Array.from(exchange.bytes, byte => Uint8Array.of(byte)),
    )
    for (const caller of callers.filter(id => id !== exchange.dialect))
      expect({ caller, held: heldBack(caller, batches) }).toEqual({ caller, held: [] })
  })
})

function heldBack(caller: string, batches: readonly (readonly Delta[])[]): readonly string[] {
  const writer = callerDialect(caller).stream.writer({
    id: 'req_0001',
    created: 1_700_000_000,
    maker: 'recorded/recorded',
    call: { operation: 'chat', model: 'recorded', stream: true, wantsUsage: true },
    body: {},
  })
  return batches.flatMap(deltas => {
    const told = Buffer.from(writer.write(deltas)).toString()
    return deltas.flatMap(delta => (wordsIn(delta).every(text => told.includes(text)) ? [] : wordsIn(delta)))
  })
}

/** As they stand in JSON. Of several replies most dialects have the first alone. */
function wordsIn(delta: Delta): readonly string[] {
  const isSaid = delta.type === 'text' || delta.type === 'reasoning'
  return isSaid && (delta.choice ?? 0) === 0 ? [JSON.stringify(delta.text).slice(1, -1)] : []
}
