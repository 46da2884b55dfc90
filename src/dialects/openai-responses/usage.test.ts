import { expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Json } from '../../model/json.ts'
import type { Usage } from '../../model/usage.ts'
import { readUsage, writeUsage } from './usage.ts'

const reports: readonly [string, Json, Usage | undefined][] = [
  [
    'cached and written tokens are part of the input, reasoning of the output',
    {
      input_tokens: 100,
      input_tokens_details: { cached_tokens: 30, cache_write_tokens: 20 },
      output_tokens: 40,
      output_tokens_details: { reasoning_tokens: 15 },
      total_tokens: 140,
    },
    { input: 50, cacheRead: 30, cacheWrite: 20, output: 25, reasoning: 15 },
  ],
  [
    'details may be missing (mistral.rs) or null',
    { input_tokens: 39, output_tokens: 140, total_tokens: 179, output_tokens_details: null },
    { input: 39, cacheRead: 0, cacheWrite: 0, output: 140, reasoning: 0 },
  ],
  [
    'reasoning that the total counts beside the output stands beside it',
    { input_tokens: 10, output_tokens: 5, output_tokens_details: { reasoning_tokens: 7 }, total_tokens: 22 },
    { input: 10, cacheRead: 0, cacheWrite: 0, output: 5, reasoning: 7 },
  ],
  [
    'numbers may be strings',
    { input_tokens: '10', output_tokens: '5' },
    { input: 10, cacheRead: 0, cacheWrite: 0, output: 5, reasoning: 0 },
  ],
  ['nothing counted is no report', { input_tokens: null, output_tokens: null }, undefined],
  ['null is no report', null, undefined],
]

test.each(reports)('%s', (_, wire, usage) => {
  expect(readUsage(wire)).toEqual(usage)
})

test('no token is counted twice or lost, whatever is reported', () => {
  const count = fc.nat(1_000_000)
  fc.assert(
    fc.property(
      fc.record({ input: count, cacheRead: count, cacheWrite: count, output: count, reasoning: count }),
      usage => {
        expect(readUsage(writeUsage(usage))).toEqual(usage)
      },
    ),
  )
})
