import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { explainedShape, requestShape } from './contract.ts'
import { explainedRow, requestRow } from './rows.ts'
import { samplePrice, sampleRecord } from './sample.test-data.ts'

test('a row holds every figure of its record under its own name', () => {
  expect(requestRow(sampleRecord())).toEqual({
    id: 'req_1',
    at: '2026-09-21T14:13:20.000Z',
    operation: 'chat',
    dialect: 'openai-chat',
    stream: true,
    key: { id: 'key_1', name: 'dev' },
    team: 'core',
    model_asked: 'smart',
    provider: 'openai',
    model: 'gpt-5-mini',
    status: 200,
    code: 'ok',
    message: null,
    stop_reason: 'stop',
    usage: { input: 100, cache_read: 20, cache_write: 3, output: 40, reasoning: 7 },
    cost_usd: '0.00000125',
    ttft_ms: 400,
    duration_ms: 812.5,
    overhead_ms: 0.4,
    bytes_in: 250,
    bytes_out: 900,
    attempts: [
      {
        ...{ provider: 'a', model: 'm', key: 'k2', why: null, waited_ms: null, status: null, part: false },
        ...{ outcome: 'upstream_timeout', reason: 'timeout', started_ms: 0.3, headers_ms: null, took_ms: 4 },
        ...{ usage: { input: 9, cache_read: 0, cache_write: 0, output: 0, reasoning: 0 }, cost_usd: '0.00000003' },
      },
      {
        ...{
          provider: 'openai',
          model: 'gpt-5-mini',
          key: null,
          why: 'failover',
          waited_ms: 1,
          status: 200,
          part: false,
        },
        ...{ outcome: 'ok', reason: null, started_ms: 5, headers_ms: 300, took_ms: null, usage: null, cost_usd: null },
      },
    ],
    missing: [],
    lost: ['logit_bias'],
    task: 'summarize',
    user: 'u',
    tags: ['a', 'b'],
    trace_id: 't',
  })
})

test('what is not known is null, in a row that still has every field', () => {
  const unknown = sampleRecord({
    ...{ keyId: undefined, keyName: undefined, team: undefined, modelAsked: undefined, provider: undefined },
    ...{ model: undefined, usage: undefined, price: undefined, cost: undefined, plan: undefined, tries: [] },
    ...{ firstTokenMs: undefined, task: undefined, user: undefined, traceId: undefined, stopReason: undefined },
  })
  const row = explainedRow(unknown)
  expect(explainedShape.parse(row)).toEqual(row)
  expect(row).toMatchObject({ key: null, usage: null, cost_usd: null, price_source: null, price_lines: [], plan: null })
})

test('what was decided on the way is told in flat fields, with its moment', () => {
  const target = { provider: 'a', model: 'm' }
  const place = { ...target, key: 'k1' }
  const { events } = explainedRow(
    sampleRecord({
      happened: [
        { type: 'retry', target, reason: 'timeout', status: 504, waitedMs: 200, atMs: 1 },
        {
          type: 'failover',
          from: target,
          to: { provider: 'b', model: 'n' },
          toKey: 'k2',
          reason: 'network',
          waitedMs: 0,
          atMs: 2,
        },
        { type: 'hedge', target, result: 'won', atMs: 3 },
        { type: 'standby', from: target, result: 'unsafe', reason: 'timeout', atMs: 4 },
        { type: 'breaker', place, from: 'closed', to: 'open', atMs: 5 },
        { type: 'key', provider: 'a', key: 'k1', action: 'disabled', status: 401, forMs: 60_000, atMs: 6 },
        { type: 'shed', reason: 'lag', atMs: 7 },
      ],
    }),
  )
  expect(JSON.parse(JSON.stringify(events))).toEqual([
    { type: 'retry', at_ms: 1, target: 'a/m', reason: 'timeout', status: 504, waited_ms: 200 },
    { type: 'failover', at_ms: 2, from: 'a/m', to: 'b/n', to_key: 'k2', reason: 'network', waited_ms: 0 },
    { type: 'hedge', at_ms: 3, target: 'a/m', result: 'won' },
    { type: 'standby', at_ms: 4, from: 'a/m', result: 'unsafe', reason: 'timeout' },
    { type: 'breaker', at_ms: 5, target: 'a/m', key: 'k1', from: 'closed', to: 'open' },
    { type: 'key', at_ms: 6, provider: 'a', key: 'k1', action: 'disabled', status: 401, for_ms: 60_000 },
    { type: 'shed', at_ms: 7, reason: 'lag' },
  ])
})

test('each bucket that holds tokens has its price line', () => {
  const { price_lines, price_source, plan } = explainedRow(sampleRecord({ price: samplePrice }))
  expect({ price_source, plan }).toEqual({ price_source: 'list 1', plan: 'smart is an alias' })
  expect(price_lines).toEqual([
    { bucket: 'input', tokens: 100, usd_per_million: '1.25', usd: '0.000125' },
    { bucket: 'cache_read', tokens: 20, usd_per_million: '0.0375', usd: '0.00000075' },
    { bucket: 'cache_write', tokens: 3, usd_per_million: '0', usd: '0' },
    { bucket: 'output', tokens: 40, usd_per_million: '10', usd: '0.0004' },
    { bucket: 'reasoning', tokens: 7, usd_per_million: '0.000001', usd: '0.000000000007' },
  ])
})

test('tokens of an unknown price are shown without a price, never as free', () => {
  const usage = { input: 5, cacheRead: 0, cacheWrite: 0, output: 0, reasoning: 0 }
  const { price_lines } = explainedRow(sampleRecord({ usage, price: undefined }))
  expect(price_lines).toEqual([{ bucket: 'input', tokens: 5, usd_per_million: null, usd: null }])
})

test('a price line is exact, whatever the figures', () => {
  const tokens = fc.integer({ min: 1, max: 1e9 })
  const each = fc.integer({ min: 0, max: 1e9 })
  fc.assert(
    fc.property(tokens, each, (input, price) => {
      const usage = { input, cacheRead: 0, cacheWrite: 0, output: 0, reasoning: 0 }
      const [line] = explainedRow(sampleRecord({ usage, price: { ...samplePrice, input: price } })).price_lines
      const [whole, fraction = ''] = (line?.usd ?? '').split('.')
      expect(BigInt(`${whole}${fraction.padEnd(12, '0')}`)).toBe(BigInt(input) * BigInt(price))
      expect(line?.usd).not.toMatch(/\.\d*0$|^0\d/)
    }),
  )
})

test('every record makes a row that keeps to the contract', () => {
  const text = fc.option(fc.string(), { nil: undefined })
  const ms = fc.double({ min: 0, max: 1e9, noNaN: true })
  const some = fc.record({
    at: fc.integer({ min: 0, max: 4e12 }),
    team: text,
    modelAsked: text,
    message: text,
    task: text,
    cost: fc.option(fc.maxSafeNat(), { nil: undefined }),
    totalMs: ms,
    firstTokenMs: fc.option(ms, { nil: undefined }),
    tags: fc.array(fc.string()),
  })
  fc.assert(
    fc.property(some, changes => {
      const row = requestRow(sampleRecord(changes))
      expect(requestShape.parse(row)).toEqual(row)
    }),
  )
})
