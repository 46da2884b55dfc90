import { describe, expect, test } from 'bun:test'
import { callers } from '../wire/dialects.ts'
import { chatExchanges, type Exchange } from './exchanges.ts'
import { batchesIn, streamFor } from './retell.ts'

/**
 * What a caller is told does not depend on how the network cut the provider's stream: every recorded stream in every pair
 * of dialects, byte by byte and cut at random. (In `matrix.test.ts` they come through sockets in two reads.)
 */
const streams = chatExchanges().filter(({ streamed, status }) => streamed && status === 200)

describe.skipIf(streams.length === 0)('cut anywhere (skipped where ../shared/corpus is absent)', () => {
  test.each(streams.map((each, n): [string, Exchange, number] => [each.id, each, n]))('%s', (_, exchange, n) => {
    const whole = batchesIn(exchange, [exchange.bytes])
    for (const pieces of [bytewise(exchange), atRandom(exchange, n), atRandom(exchange, n + 1)]) {
      const batches = batchesIn(exchange, pieces)
      expect(batches.flat()).toEqual(whole.flat())
      for (const caller of callers)
        expect(streamFor(caller, exchange, batches)).toBe(streamFor(caller, exchange, whole))
    }
  })
})

const bytewise = ({ bytes }: Exchange): readonly Uint8Array[] => Array.from(bytes, byte => Uint8Array.of(byte))

/** Pieces of one byte to some two hundred, the same at each run. */
function atRandom({ bytes }: Exchange, seed: number): readonly Uint8Array[] {
  const pieces: Uint8Array[] = []
  let state = seed + 1
  for (let at = 0; at < bytes.length; ) {
    state = (state * 48_271) % 2_147_483_647
    const size = 1 + (state % 211)
    pieces.push(bytes.subarray(at, at + size))
    at += size
  }
  return pieces
}
