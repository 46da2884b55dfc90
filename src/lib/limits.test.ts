import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { readLimits } from './limits.ts'

const wall = Date.parse('2026-11-22T12:00:00Z')
const read = (headers: { readonly [name: string]: string }, body?: string) =>
  readLimits(
    name => headers[name],
    body,
    () => wall,
  )

/** `limit`, `remaining`, `reset` of one gauge as short text, to stand in a table. */
const gauges = (headers: { readonly [name: string]: string }, body?: string) =>
  read(headers, body).gauges.map(
    ({ of, limit, remaining, resetMs }) => `${of} ${remaining}/${limit ?? '?'} in ${resetMs ?? '?'}`,
  )

const openai = (requests: string, reset: string, limit = '30000') => ({
  'x-ratelimit-limit-requests': limit,
  'x-ratelimit-remaining-requests': requests,
  'x-ratelimit-reset-requests': reset,
})

describe('the limits in headers', () => {
  const cases: readonly (readonly [string, { readonly [name: string]: string }, readonly string[]])[] = [
    ['of none', {}, []],
    ['of OpenAI', openai('29999', '2ms'), ['requests 29999/30000 in 2']],
    ['with minutes', openai('0', '6m0s'), ['requests 0/30000 in 360000']],
    ['with a moment', openai('0', String(wall / 1000 + 20)), ['requests 0/30000 in 20000']],
    ['with seconds', openai('0', '20'), ['requests 0/30000 in 20000']],
    [
      'of Azure, whose bare numbers are milliseconds',
      {
        ...openai('119', '500', '120'),
        'x-ratelimit-limit-tokens': '120000',
        'x-ratelimit-remaining-tokens': '119986',
        'x-ratelimit-reset-tokens': '7',
        'x-ratelimit-renewalperiod-requests': '60',
        'x-ratelimit-renewalperiod-tokens': '60',
      },
      ['requests 119/120 in 500', 'tokens 119986/120000 in 7'],
    ],
    [
      'of Azure without its limits',
      { 'x-ratelimit-remaining-requests': '119', 'x-ratelimit-remaining-tokens': '119991' },
      ['requests 119/? in ?', 'tokens 119991/? in ?'],
    ],
    [
      'of Anthropic',
      Object.fromEntries(
        ['requests', 'tokens', 'input-tokens', 'output-tokens'].flatMap((name, n) => [
          [`anthropic-ratelimit-${name}-limit`, '4000'],
          [`anthropic-ratelimit-${name}-remaining`, String(n)],
          [`anthropic-ratelimit-${name}-reset`, '2026-11-22T12:00:27Z'],
        ]),
      ),
      ['requests 0/4000 in 27000', 'tokens 1/4000 in 27000', 'tokens 2/4000 in 27000', 'tokens 3/4000 in 27000'],
    ],
    [
      'of Together, whose requests have no name',
      { 'x-ratelimit-limit': '10', 'x-ratelimit-remaining': '9', 'x-ratelimit-reset': '2' },
      ['requests 9/10 in 2000'],
    ],
    [
      'of OpenRouter',
      { 'x-ratelimit-limit': '20', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(wall + 9000) },
      ['requests 0/20 in 9000'],
    ],
    [
      'of Cerebras',
      {
        'x-ratelimit-limit-requests-day': '1440000',
        'x-ratelimit-remaining-requests-day': '1439980',
        'x-ratelimit-reset-requests-day': '3554.371318101883',
        'x-ratelimit-limit-tokens-minute': '1000000',
        'x-ratelimit-remaining-tokens-minute': '995531',
        'x-ratelimit-reset-tokens-minute': '14.25',
      },
      ['requests 1439980/1440000 in 3554371.318101883', 'tokens 995531/1000000 in 14250'],
    ],
    [
      'of Azure’s Responses API, tokens alone',
      { 'x-ratelimit-limit-tokens': '1000', 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '6' },
      ['tokens 0/1000 in 6000'],
    ],
    [
      'of Anthropic, of what goes in alone',
      {
        'anthropic-ratelimit-input-tokens-remaining': '0',
        'anthropic-ratelimit-input-tokens-reset': '2026-11-22T12:00:27Z',
      },
      ['tokens 0/? in 27000'],
    ],
    ['of Anthropic, of all tokens alone', { 'anthropic-ratelimit-tokens-remaining': '7' }, ['tokens 7/? in ?']],
    [
      'of the draft',
      { 'ratelimit-limit': '400', 'ratelimit-remaining': '399', 'ratelimit-reset': '19' },
      ['requests 399/400 in 19000'],
    ],
    ['that are negative', openai('-1', '-5'), []],
    ['that are nonsense', openai('many', 'later'), []],
    ['whose reset is nonsense', openai('0', 'later'), ['requests 0/30000 in ?']],
    ['whose reset is negative', openai('0', '-5'), ['requests 0/30000 in ?']],
    ['whose reset is past', openai('0', '2026-11-22T11:00:00Z'), ['requests 0/30000 in 0']],
    ['whose reset is in a year', openai('0', '2027-11-22T12:00:00Z'), ['requests 0/30000 in 3600000']],
    ['of nothing, which is a router that does not know', openai('0', '1s', '0'), []],
  ]
  test.each([...cases])('%s', (_, headers, told) => expect(gauges(headers)).toEqual([...told]))
})

const google = (...details: object[]) => JSON.stringify({ error: { code: 429, message: 'quota', details } })
const retryInfo = { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '48.5s' }
const quota = (quotaId: string) => ({
  '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
  violations: [{ quotaMetric: 'm', quotaId, quotaValue: '250' }],
})

describe('the wait in a refusal', () => {
  const cases: readonly (readonly [string, string, number | undefined])[] = [
    ['of Google', google(quota('InputTokensPerModelPerMinute'), retryInfo), 48_500],
    ['of Google in a list', `[${google(retryInfo)}]`, 48_500],
    ['of Google for the day, whatever the delay', google(quota('RequestsPerDayPerProject'), retryInfo), 3_600_000],
    ['of Google with an odd delay', google({ ...retryInfo, retryDelay: 48 }), undefined],
    ['of OpenAI in words', '{"error":{"message":"Limit 3. Please try again in 20s. Visit"}}', 20_000],
    ['of Groq in words', '{"error":{"message":"Please try again in 4m18.5s."}}', 258_500],
    ['of Azure in words', '{"error":{"message":"Please retry after 10 seconds."}}', 10_000],
    ['in a bare text', '{"error":"try again in 12ms"}', 12],
    ['that is none', '{"error":{"message":"try again in a moment"}}', undefined],
    ['that is no JSON', '<html>try again in 5s', undefined],
    ['of null', 'null', undefined],
    ['of odd kinds', '{"error":{"details":{},"metadata":[],"message":7}}', undefined],
  ]
  test.each([...cases])('%s', (_, body, ms) => expect(read({}, body).retryAfterMs).toBe(ms as number))

  test('is the longer of header and body', () => {
    expect(read({ 'retry-after': '1' }, google(retryInfo)).retryAfterMs).toBe(48_500)
    expect(read({ 'retry-after': '60' }, google(retryInfo)).retryAfterMs).toBe(60_000)
  })

  test('of a provider behind OpenRouter stands in its body', () => {
    const headers = {
      'X-RateLimit-Limit': '20',
      'X-RateLimit-Remaining': '0',
      'X-RateLimit-Reset': String(wall + 30_000),
    }
    expect(gauges({}, JSON.stringify({ error: { metadata: { headers } } }))).toEqual(['requests 0/20 in 30000'])
  })
})

test('whatever stands in headers and body, what is read is a number that means something', () => {
  const odd = fc.oneof(fc.string(), fc.integer().map(String), fc.double().map(String), fc.date().map(String))
  const names = fc.constantFrom(
    ...['retry-after', 'retry-after-ms', 'x-ratelimit-remaining', 'x-ratelimit-reset', 'x-ratelimit-limit'],
    ...['x-ratelimit-remaining-requests', 'x-ratelimit-reset-requests', 'x-ratelimit-limit-requests'],
  )
  const sound = (value: number | undefined, most: number) => value === undefined || (value >= 0 && value <= most)
  fc.assert(
    fc.property(fc.dictionary(names, odd), fc.oneof(fc.json(), fc.string()), (headers, body) => {
      const { retryAfterMs, gauges: told } = read(headers, body)
      expect(sound(retryAfterMs, 3_600_000)).toBe(true)
      for (const each of told) expect(each.remaining >= 0 && sound(each.resetMs, 3_600_000)).toBe(true)
    }),
    { numRuns: 2000 },
  )
})
