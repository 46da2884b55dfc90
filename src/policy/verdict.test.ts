import { describe, expect, test } from 'bun:test'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Kind, kindOf, kindOfCode, verdictOf } from './verdict.ts'

const corpus = join(import.meta.dir, '../../../shared/corpus/exchanges')

describe('a refusal is what it says, whichever status it was told with', () => {
  const cases: readonly (readonly [number, string, Kind])[] = [
    [400, '{"error":{"message":"messages must not be empty","type":"invalid_request_error"}}', 'callers_fault'],
    [400, '', 'transient'],
    [413, '{"error":{"type":"request_too_large"}}', 'callers_fault'],
    [422, '{"detail":"field required"}', 'callers_fault'],
    [401, '{}', 'key_refused'],
    [402, '{}', 'key_spent'],
    [403, '{"error":"not in your region"}', 'forbidden'],
    [404, '{"error":{"message":"model: nope"}}', 'not_found'],
    [408, '', 'timeout'],
    [409, '{}', 'conflict'],
    [418, '{}', 'unwilling'],
    [302, '', 'unwilling'],
    [429, '{"error":{"type":"rate_limit_error"}}', 'rate_limited'],
    [429, '{"error":{"code":"insufficient_quota"}}', 'key_spent'],
    [500, '{}', 'server_error'],
    [502, '<html>', 'server_error'],
    [503, '{}', 'overloaded'],
    [504, '', 'timeout'],
    [520, '', 'server_error'],
    [529, '{"error":{"type":"overloaded_error"}}', 'overloaded'],
    // Context lengths, as eight providers tell them.
    [400, '{"error":{"code":"context_length_exceeded","message":"x"}}', 'too_long'],
    [400, '{"error":{"message":"This model\'s maximum context length is 8192 tokens."}}', 'too_long'],
    [400, '{"error":{"message":"prompt is too long: 210000 tokens > 200000 maximum"}}', 'too_long'],
    [400, '{"error":{"message":"input length and `max_tokens` exceed context limit: 1 + 2 > 2"}}', 'too_long'],
    [
      400,
      '{"error":{"message":"The input token count (1200000) exceeds the maximum number of tokens allowed"}}',
      'too_long',
    ],
    [400, '{"message":"Input is too long for requested model."}', 'too_long'],
    [422, '{"message":"too many tokens: total number of tokens in the prompt cannot exceed 4081"}', 'too_long'],
    // Filters.
    [400, '{"error":{"code":"content_filter","innererror":{"code":"ResponsibleAIPolicyViolation"}}}', 'filtered'],
    [400, '{"error":{"message":"Output blocked by content filtering policy"}}', 'filtered'],
    [400, '{"error":{"message":"Content Exists Risk"}}', 'filtered'],
    [403, '{"error":{"message":"x requires moderation. Your input was flagged for \'sexual\'."}}', 'filtered'],
    // Keys and accounts behind a 400.
    [
      400,
      '{"error":{"message":"API key not valid. Please pass a valid API key.","details":[{"reason":"API_KEY_INVALID"}]}}',
      'key_refused',
    ],
    [400, '{"error":{"message":"Your credit balance is too low to access the Anthropic API."}}', 'key_spent'],
    // What only another account at the same provider made (litellm's encrypted_content affinity, higress#3841).
    [
      400,
      '{"error":{"message":"The encrypted content gAAA...DQ== could not be verified.","type":"invalid_request_error","param":null,"code":"invalid_encrypted_content"}}',
      'other_account',
    ],
    [
      400,
      '{"error":{"message":"The encrypted content for item rs_1 could not be verified. Reason: Encrypted content could not be decrypted or parsed."}}',
      'other_account',
    ],
    [
      400,
      `{"error":{"message":"Previous response with id 'resp_1' not found.","param":"previous_response_id","code":"previous_response_not_found"}}`,
      'other_account',
    ],
    [404, `{"error":{"message":"Previous response with id 'resp_1' not found."}}`, 'other_account'],
    [400, '{"error":{"message":"Invalid `previous_response_id`."}}', 'other_account'],
    // A provider's own trouble behind a 400.
    [400, '{"error":{"message":"The current model is temporarily unavailable, please try again later"}}', 'transient'],
    [400, '{"error":{"message":"当前模型暂时无法使用,请稍后再试"}}', 'transient'],
    [400, '{"error":{"message":"Temporary routing error (400)."}}', 'transient'],
    [400, '{"error":{"message":"upstream connect error or disconnect/reset before headers"}}', 'transient'],
    [400, '{"error":{"code":"tool_use_failed","failed_generation":"{"}}', 'transient'],
    [400, '{"__type":"ThrottlingException","message":"x"}', 'rate_limited'],
    // Only sounds like it.
    [400, '{"message":"This model doesn\'t support the s3Uri field. Remove s3Uri and try again."}', 'callers_fault'],
    [400, `{"error":{"message":"bad field"},"echo":"${'x'.repeat(2000)} context length"}`, 'callers_fault'],
  ]
  test.each([...cases])('%i %s is %s', (status, words, kind) => {
    expect(kindOf({ status, words })).toBe(kind)
  })
})

test('only what says nothing of the request is tried again, and only what says something of the target counts', () => {
  const again = (kind: Kind): string => `${verdictOf(kind).again}${verdictOf(kind).counts ? ' counts' : ''}`
  const kinds: Kind[] = [
    'network',
    'stale',
    'rate_limited',
    'key_refused',
    'other_account',
    'not_found',
    'untold',
    'callers_fault',
    'left',
  ]
  expect(kinds.map(again)).toEqual([
    'here counts',
    'at-once',
    'around',
    'other-key',
    'other-key',
    'other-target',
    'other-target',
    'never',
    'never',
  ])
})

test('our own codes stand for kinds as well', () => {
  expect(kindOfCode('client_closed')).toBe('left')
  expect(kindOfCode('upstream_timeout')).toBe('timeout')
})

/** What the recorder's labels say, and what we may then make of it. */
const labels: Readonly<Record<string, readonly Kind[]>> = {
  'error-auth': ['key_refused', 'forbidden', 'filtered'],
  'error-context-length': ['too_long'],
  'error-content-filter': ['filtered'],
  'error-model-not-found': ['not_found'],
  'error-ratelimit': ['rate_limited', 'key_spent'],
  'error-overloaded': ['overloaded'],
  'error-500': ['server_error'],
}

type Exchange = {
  readonly id: string
  readonly features: readonly string[]
  readonly quirks: readonly string[]
  readonly response: { readonly status: number | null; readonly body: unknown }
}

test.skipIf(!existsSync(corpus))('every recorded refusal is what its recorder says it is', async () => {
  const wrong: string[] = []
  let seen = 0
  for (const name of readdirSync(corpus)) {
    const { id, features, quirks, response } = (await Bun.file(join(corpus, name)).json()) as Exchange
    const status = response.status ?? 200
    if (status < 400) continue
    const words = typeof response.body === 'string' ? response.body : JSON.stringify(response.body)
    const kind = kindOf({ status, words })
    for (const label of [...features, ...quirks]) {
      const may = labels[label]
      if (!may) continue
      seen++
      if (!may.includes(kind)) wrong.push(`${label} ${status} ${kind}: ${id} ${words.slice(0, 150)}`)
    }
  }
  expect(wrong).toEqual([])
  expect(seen).toBeGreaterThan(70)
})
