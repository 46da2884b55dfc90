import { expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Json } from '../../model/json.ts'
import type { Usage } from '../../model/usage.ts'
import { readUsage } from './usage.ts'

const usage = (input: number, output: number, more: Partial<Usage> = {}): Usage => ({
  input,
  cacheRead: 0,
  cacheWrite: 0,
  output,
  reasoning: 0,
  ...more,
})

/** Reports as providers were seen to write them. */
const reports: readonly (readonly [string, Json, Usage | undefined])[] = [
  ['OpenAI, nothing special', { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 }, usage(9, 4)],
  [
    'OpenAI: cached and reasoning are parts',
    {
      prompt_tokens: 100,
      completion_tokens: 50,
      total_tokens: 150,
      prompt_tokens_details: { cached_tokens: 64, audio_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 40, accepted_prediction_tokens: 0 },
    },
    usage(36, 10, { cacheRead: 64, reasoning: 40 }),
  ],
  [
    'OpenRouter: what was written to the cache is a part too',
    { prompt_tokens: 100, completion_tokens: 5, prompt_tokens_details: { cached_tokens: 20, cache_write_tokens: 70 } },
    usage(10, 5, { cacheRead: 20, cacheWrite: 70 }),
  ],
  [
    'DeepSeek',
    { prompt_tokens: 30, completion_tokens: 5, prompt_cache_hit_tokens: 10, prompt_cache_miss_tokens: 20 },
    usage(20, 5, { cacheRead: 10 }),
  ],
  ['Together', { prompt_tokens: 30, completion_tokens: 5, cached_tokens: 10 }, usage(20, 5, { cacheRead: 10 })],
  ['Mistral', { prompt_tokens: 30, completion_tokens: 5, num_cached_tokens: 10 }, usage(20, 5, { cacheRead: 10 })],
  [
    'Databricks: Anthropic names, counted inside',
    { prompt_tokens: 30, completion_tokens: 5, cache_read_input_tokens: 10, cache_creation_input_tokens: 15 },
    usage(5, 5, { cacheRead: 10, cacheWrite: 15 }),
  ],
  [
    'details that are null',
    { prompt_tokens: 3, completion_tokens: 4, prompt_tokens_details: null, completion_tokens_details: null },
    usage(3, 4),
  ],
  ['counts that are strings', { prompt_tokens: '3', completion_tokens: '4' }, usage(3, 4)],
  ['counts that are floats', { prompt_tokens: 3.0000001, completion_tokens: 4.0 }, usage(3, 4)],
  [
    'xAI: reasoning stands beside, as the total tells',
    {
      prompt_tokens: 12,
      completion_tokens: 1,
      total_tokens: 60,
      completion_tokens_details: { reasoning_tokens: 47 },
    },
    usage(12, 1, { reasoning: 47 }),
  ],
  [
    "Gemini's compatible endpoint: the total alone tells that there was reasoning",
    { prompt_tokens: 10, completion_tokens: 5, total_tokens: 40 },
    usage(10, 5, { reasoning: 25 }),
  ],
  [
    'Vercel: more reasoning than completion',
    { prompt_tokens: 10, completion_tokens: 5, completion_tokens_details: { reasoning_tokens: 9 } },
    usage(10, 5, { reasoning: 9 }),
  ],
  [
    'Perplexity: reasoning at the top',
    { prompt_tokens: 1, completion_tokens: 9, reasoning_tokens: 4 },
    usage(1, 5, { reasoning: 4 }),
  ],
  ['embeddings: a prompt alone', { prompt_tokens: 7, total_tokens: 7 }, usage(7, 0)],
  [
    'Grok on Azure: more cached than the prompt has',
    { prompt_tokens: 7, completion_tokens: 8, total_tokens: 15, prompt_tokens_details: { cached_tokens: 161 } },
    usage(0, 8, { cacheRead: 7 }),
  ],
  ['Databricks until the last chunk', { prompt_tokens: 30, completion_tokens: null, total_tokens: null }, usage(30, 0)],
  ['nulls alone', { prompt_tokens: null, completion_tokens: null }, undefined],
  ['nothing that is known', { input_tokens: 4 }, undefined],
  ['null', null, undefined],
  ['no object', 'many', undefined],
  ['negative counts', { prompt_tokens: -1, completion_tokens: -1 }, undefined],
  ['counts that are words', { prompt_tokens: 'many', completion_tokens: '' }, undefined],
]

test.each([...reports])('%s', (_, wire, expected) => {
  expect(readUsage(wire)).toEqual(expected as Usage)
})

const count = fc.oneof(fc.nat(1000), fc.constantFrom<Json>(null, '7', -3, 2.5, 'x', [], 1e300))
const report = fc.record(
  {
    prompt_tokens: count,
    completion_tokens: count,
    total_tokens: count,
    cached_tokens: count,
    reasoning_tokens: count,
    prompt_tokens_details: fc.oneof(fc.constant(null), fc.record({ cached_tokens: count, cache_write_tokens: count })),
    completion_tokens_details: fc.oneof(fc.constant(null), fc.record({ reasoning_tokens: count })),
  },
  { requiredKeys: [] },
)

test('whatever a report says, no token is in two buckets, none is negative, and none is a fraction', () => {
  fc.assert(
    fc.property(report, wire => {
      const read = readUsage(wire as Json)
      if (!read) return
      for (const tokens of Object.values(read)) expect(Number.isInteger(tokens) && tokens >= 0).toBe(true)
      const prompt = Number(wire.prompt_tokens)
      if (Number.isSafeInteger(prompt) && prompt >= 0)
        expect(read.input + read.cacheRead + read.cacheWrite).toBe(prompt)
    }),
    { numRuns: 3000 },
  )
})
