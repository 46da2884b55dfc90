import { expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Record } from '../model/record.ts'
import { openMetrics } from './prometheus.ts'
import { sampleRecord } from './sample.test-data.ts'

type Sample = { readonly name: string; readonly labels: { readonly [name: string]: string }; readonly value: number }

const line = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/s

/** Reads the exposition format; refuses a line that is not of it. */
function parse(text: string): Sample[] {
  return text
    .split('\n')
    .filter(each => each !== '' && !each.startsWith('#'))
    .map(each => {
      const [, name, labels = '', value] = line.exec(each) as RegExpExecArray
      const pairs = [...labels.matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, text]) => [key, text])
      return { name: name as string, labels: Object.fromEntries(pairs), value: Number(value) }
    })
}

function setUp(models: (provider: string, model: string) => boolean = () => true) {
  let inFlight = 0
  const metrics = openMetrics({ version: '1.2.3', models, inFlight: () => inFlight, queued: () => 3, places: () => [] })
  const samples = async (name: string) => parse(await metrics.text()).filter(sample => sample.name === name)
  const value = async (name: string, labels: Sample['labels'] = {}) =>
    (await samples(name)).find(sample => Bun.deepEquals(sample.labels, labels))?.value
  return { metrics, samples, value, setInFlight: (n: number) => (inFlight = n) }
}

const pair = { provider: 'openai', model: 'gpt-5-mini' }
const account = { ...pair, team: 'core' }

test('a request is counted once in each series that it concerns', async () => {
  const { metrics, value } = setUp()
  metrics.request(sampleRecord())
  const ended = { operation: 'chat', ...account, status: '200', code: 'ok' }
  expect(await value('thalamus_requests_total', ended)).toBe(1)
  expect(await value('thalamus_request_duration_seconds_sum')).toBe(0.8125)
  expect(await value('thalamus_request_duration_seconds_count')).toBe(1)
  expect(await value('thalamus_time_to_first_token_seconds_sum', pair)).toBeCloseTo(0.4001234567, 9)
  expect(await value('thalamus_overhead_seconds_sum')).toBeCloseTo(0.0004123456, 9)
  expect(await value('thalamus_upstream_attempts_total', { ...pair, outcome: 'ok', status: '200' })).toBe(1)
  expect(await value('thalamus_upstream_latency_seconds_sum', pair)).toBe(0.3)
  expect(await value('thalamus_cost_usd_total', account)).toBe(0.00000125)
})

test('a model that nobody serves is another one, and where none was asked for there is none', async () => {
  const { metrics, value } = setUp()
  const unserved = { provider: undefined, model: undefined, tries: [] }
  metrics.request(sampleRecord({ ...unserved, status: 404, code: 'model_not_found' }))
  metrics.request(sampleRecord({ ...unserved, status: 400, code: 'invalid_request' }))
  metrics.request(sampleRecord({ status: 404, code: 'model_not_found' }))
  const ended = { operation: 'chat', provider: '', team: 'core' }
  const told = [
    { ...ended, model: 'other', status: '404', code: 'model_not_found' },
    { ...ended, model: '', status: '400', code: 'invalid_request' },
    { ...ended, ...pair, status: '404', code: 'model_not_found' },
  ]
  expect(await Promise.all(told.map(labels => value('thalamus_requests_total', labels)))).toEqual([1, 1, 1])
})

test('each token is counted in one kind, and a kind that did not occur has no series', async () => {
  const { metrics, samples } = setUp()
  metrics.request(sampleRecord())
  metrics.request(
    sampleRecord({ usage: { input: 1, cacheRead: 0, cacheWrite: 0, output: 2, reasoning: 0 }, team: 'x' }),
  )
  const told = (await samples('thalamus_tokens_total')).map(({ labels, value }) => [labels.team, labels.kind, value])
  expect(told).toEqual([
    ['core', 'input', 100],
    ['core', 'output', 40],
    ['core', 'cache_read', 20],
    ['core', 'cache_write', 3],
    ['core', 'reasoning', 7],
    ['x', 'input', 1],
    ['x', 'output', 2],
  ])
})

test('an unknown cost and unknown usage are not counted as zero', async () => {
  const { metrics, samples } = setUp()
  metrics.request(sampleRecord({ cost: undefined, usage: undefined, firstTokenMs: undefined }))
  expect(await samples('thalamus_cost_usd_total')).toEqual([])
  expect(await samples('thalamus_tokens_total')).toEqual([])
  expect(await samples('thalamus_time_to_first_token_seconds_count')).toEqual([])
})

test('a caller who left is counted with status 499, one who was refused without a provider', async () => {
  const { metrics, samples } = setUp()
  metrics.request(sampleRecord({ status: 499, code: 'client_closed' }))
  metrics.request(
    sampleRecord({
      status: 401,
      code: 'unauthenticated',
      provider: undefined,
      model: undefined,
      team: undefined,
      tries: [],
    }),
  )
  expect((await samples('thalamus_requests_total')).map(({ labels }) => labels)).toEqual([
    { operation: 'chat', ...account, status: '499', code: 'client_closed' },
    { operation: 'chat', provider: '', model: '', team: '', status: '401', code: 'unauthenticated' },
  ])
})

test('each try is counted at its own target, also one that got no answer', async () => {
  const { metrics, samples } = setUp()
  const target = (provider: string) => ({ provider, model: 'm' })
  const tries: Record['tries'] = [
    { target: target('a'), startedMs: 0, status: undefined, headersMs: undefined, outcome: 'upstream_timeout' },
    { target: target('b'), startedMs: 5, status: 200, headersMs: 20, outcome: 'ok' },
  ]
  metrics.request(sampleRecord({ tries }))
  expect((await samples('thalamus_upstream_attempts_total')).map(({ labels }) => labels)).toEqual([
    { provider: 'a', model: 'm', outcome: 'upstream_timeout', status: '' },
    { provider: 'b', model: 'm', outcome: 'ok', status: '200' },
  ])
  expect((await samples('thalamus_upstream_latency_seconds_count')).map(({ labels }) => labels.provider)).toEqual(['b'])
})

test('a histogram has room for a fast cache hit and for a ten-minute turn', async () => {
  const { metrics, samples } = setUp()
  for (const totalMs of [1, 4_000, 599_000, 700_000]) metrics.request(sampleRecord({ totalMs }))
  const buckets = await samples('thalamus_request_duration_seconds_bucket')
  const upTo = (le: string) => buckets.find(({ labels }) => labels.le === le)?.value
  expect([upTo('0.005'), upTo('5'), upTo('300'), upTo('600'), upTo('+Inf')]).toEqual([1, 2, 2, 3, 4])
})

test('refusals, losses and gauges are told', async () => {
  const { metrics, value, setInFlight } = setUp()
  const refused = sampleRecord({ code: 'rate_limited', status: 429 })
  for (const tries of [[], [], refused.tries]) metrics.request({ ...refused, tries })
  metrics.dropped(7)
  setInFlight(3)
  expect(await value('thalamus_rate_limited_total', { scope: 'key' })).toBe(2)
  expect(await value('thalamus_events_dropped_total')).toBe(7)
  expect(await value('thalamus_in_flight')).toBe(3)
  setInFlight(0)
  expect(await value('thalamus_in_flight')).toBe(0)
  expect(await value('thalamus_build_info', { version: '1.2.3' })).toBe(1)
})

test('CPU time grows and is read anew each time; memory is that of a process', async () => {
  const { value } = setUp()
  const before = (await value('process_cpu_seconds_total')) ?? 0
  let after = before
  while (after <= before) after = (await value('process_cpu_seconds_total')) ?? 0
  const { user, system } = process.cpuUsage()
  expect(after).toBeLessThanOrEqual((user + system) / 1e6)
  expect(await value('process_resident_memory_bytes')).toBeGreaterThan(1e7)
})

test('two sets of metrics in one process do not share figures', async () => {
  const one = setUp()
  const two = setUp()
  one.metrics.dropped(1)
  expect(await two.value('thalamus_events_dropped_total')).toBe(0)
})

test('ten thousand teams and as many invented models leave a bounded number of series', async () => {
  const { metrics, samples } = setUp(() => true)
  for (let i = 0; i < 10_000; i++) {
    const target = { provider: 'p', model: `m${i}` }
    metrics.request(sampleRecord({ team: `t${i}`, provider: 'p', model: `m${i}`, tries: [{ ...sampleTry, target }] }))
  }
  const requests = await samples('thalamus_requests_total')
  expect(requests.length).toBe(501)
  expect(requests.reduce((sum, { value }) => sum + value, 0)).toBe(10_000)
  expect(requests.at(-1)?.labels).toMatchObject({ model: 'other', team: 'other' })
  expect((await samples('thalamus_upstream_attempts_total')).length).toBe(501)
})

test('a model that becomes known is counted under its own name from then on', async () => {
  const known = new Set<string>()
  const { metrics, samples } = setUp((_provider, model) => known.has(model))
  metrics.request(sampleRecord())
  known.add('gpt-5-mini')
  for (let i = 0; i < 2; i++) metrics.request(sampleRecord())
  const told = async (name: string) => (await samples(name)).map(({ labels, value }) => [labels.model, value])
  for (const name of ['thalamus_requests_total', 'thalamus_upstream_attempts_total']) {
    expect(await told(name)).toEqual([
      ['other', 1],
      ['gpt-5-mini', 2],
    ])
  }
})

const sampleTry = { startedMs: 0, status: 200, headersMs: 20, outcome: 'ok' } as const

const provider = fc.constantFrom('p', 'q')
const model = fc.constantFrom('m', 'n', 'u m', 'n\no')
const outcome = fc.constantFrom('ok' as const, 'invalid_request' as const)
const someTry = fc.record({
  target: fc.record({ provider, model }),
  startedMs: fc.constant(0),
  status: fc.constantFrom(200, 400, undefined),
  headersMs: fc.constant(undefined),
  outcome,
})
const someRecord = fc
  .record({
    provider,
    model,
    team: fc.constantFrom('t', 't u', undefined),
    operation: fc.constantFrom('chat' as const, 'embeddings' as const),
    status: fc.constantFrom(200, 400, 499),
    code: outcome,
    cost: fc.option(fc.nat(1e6), { nil: undefined }),
    tries: fc.array(someTry, { maxLength: 3 }),
  })
  .map(sampleRecord)

/** How often each set of labels occurs, as the exposition should tell it. */
const tally = (all: readonly (readonly (string | number | undefined)[])[]): (string | number)[][] =>
  [...Map.groupBy(all, labels => JSON.stringify(labels.map(label => `${label ?? ''}`.replace('\n', '\\n'))))].map(
    ([labels, alike]) => [labels, alike.length],
  )

test('requests, and tries, are counted together if they are alike in every label, and only then', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(someRecord, { maxLength: 40 }), async records => {
      const { metrics, samples } = setUp()
      for (const record of records) metrics.request(record)
      const told = async (name: string) =>
        (await samples(name)).map(({ labels, value }) => [JSON.stringify(Object.values(labels)), value])
      expect(await told('thalamus_requests_total')).toEqual(
        tally(records.map(one => [one.operation, one.provider, one.model, one.team, one.status, one.code])),
      )
      expect(await told('thalamus_upstream_attempts_total')).toEqual(
        tally(
          records.flatMap(({ tries }) =>
            tries.map(one => [one.target.provider, one.target.model, one.outcome, one.status]),
          ),
        ),
      )
      const cost = records.reduce((sum, record) => sum + (record.cost ?? 0), 0) / 1e9
      const costs = await samples('thalamus_cost_usd_total')
      expect(costs.reduce((sum, { value }) => sum + value, 0)).toBeCloseTo(cost, 9)
    }),
    {
      numRuns: 50,
      examples: [[[sampleRecord({ team: 't u', model: 'm' }), sampleRecord({ team: 't', model: 'u m' })]]],
    },
  )
})

test('whatever a label holds, the exposition can be read and holds it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }), async team => {
      const { metrics, samples } = setUp()
      metrics.request(sampleRecord({ team }))
      const [sample] = await samples('thalamus_cost_usd_total')
      const escaped = team.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')
      expect(sample?.labels.team).toBe(escaped)
    }),
    { numRuns: 50, examples: [['a"b'], ['a\\'], ['a\nb'], ['a,b{c}=d']] },
  )
})

test('every decision is counted by its reason', async () => {
  const { metrics, value } = setUp((_, model) => model !== 'invented')
  const [a, b] = [
    { provider: 'a', model: 'm' },
    { provider: 'b', model: 'invented' },
  ]
  const key = { type: 'key', provider: 'a', key: 'k1', action: 'disabled' } as const
  const told = [
    { type: 'retry', target: a, reason: 'timeout', waitedMs: 1 },
    { type: 'failover', from: a, to: b, reason: 'rate_limited', waitedMs: 0 },
    { type: 'failover', from: a, to: b, reason: 'rate_limited', waitedMs: 0 },
    { type: 'hedge', target: a, result: 'won' },
    { type: 'standby', from: a, to: b, result: 'continued', reason: 'timeout' },
    { type: 'shed', reason: 'lag' },
    { type: 'queue', result: 'went', priority: 0, waitedMs: 1_500 },
    { type: 'coalesce', with: 'req_1' },
    key,
  ] as const
  for (const each of told) metrics.happening(each, undefined)
  expect([
    await value('thalamus_retries_total', { reason: 'timeout' }),
    await value('thalamus_failovers_total', { from: 'a/m', to: 'b/other', reason: 'rate_limited' }),
    await value('thalamus_hedges_total', { result: 'won' }),
    await value('thalamus_standbys_total', { result: 'continued', reason: 'timeout' }),
    await value('thalamus_shed_total', { reason: 'lag' }),
    await value('thalamus_queue_wait_seconds_sum', { result: 'went' }),
    await value('thalamus_coalesced_total'),
    await value('thalamus_queued'),
  ]).toEqual([1, 2, 1, 1, 1, 1.5, 1, 3])
})

test('pairs of targets are bounded, however many there are', async () => {
  const { metrics, samples } = setUp()
  for (let n = 0; n < 1_200; n++) {
    const [from, to] = [`p${n}`, `q${n}`].map(provider => ({ provider, model: 'm' }))
    if (from && to) metrics.happening({ type: 'failover', from, to, reason: 'network', waitedMs: 0 }, undefined)
  }
  const counted = await samples('thalamus_failovers_total')
  expect(counted.length).toBe(1_001)
  expect(counted.find(({ labels }) => labels.from === 'other')?.value).toBe(200)
})
