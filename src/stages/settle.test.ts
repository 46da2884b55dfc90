import { describe, expect, test } from 'bun:test'
import { sampleCaller, sampleLetter, sampleVisit, sampleWorld } from '../../test/fakes/visit.ts'
import { Fault } from '../model/fault.ts'
import { quoted, say } from '../model/sentence.ts'
import { settle } from './settle.ts'

const usage = { input: 10, cacheRead: 0, cacheWrite: 0, output: 3, reasoning: 1 }

describe('settling', () => {
  test('writes what the diary saw, priced, with its times', async () => {
    const { clock, rows, world } = sampleWorld()
    const visit = sampleVisit()
    const { diary } = visit
    diary.caller = sampleCaller
    diary.call = sampleLetter({ stream: true }).call
    diary.reason = 'provider openai was named'
    diary.target = { provider: 'openai', model: 'm' }
    diary.asks(4)
    diary.answered(34)
    diary.replied = 40
    diary.noticed([{ type: 'content' }, { type: 'usage', usage }, { type: 'stop', reason: 'stop' }], 50)
    clock.advance(100)
    await settle(visit, world)
    expect(rows).toEqual([
      expect.objectContaining({
        id: 'req_1',
        at: 1_800_000_000_000,
        stream: true,
        keyId: 'key_1',
        team: 'core',
        modelAsked: 'openai/m',
        provider: 'openai',
        model: 'm',
        status: 200,
        code: 'ok',
        stopReason: 'stop',
        usage,
        cost: 10 + 2 * 4,
        plan: 'provider openai was named',
        firstTokenMs: 50,
        totalMs: 100,
        overheadMs: 10,
      }),
    ])
  })

  test('twice writes one row and tells the sinks once', async () => {
    const { rows, told, world } = sampleWorld()
    const visit = sampleVisit()
    await Promise.all([settle(visit, world), settle(visit, world)])
    await settle(visit, world)
    expect([rows.length, told.length]).toEqual([1, 1])
  })

  test('tells the sinks only when the row is written', async () => {
    const written = Promise.withResolvers<void>()
    const { told, world } = sampleWorld(() => written.promise)
    const settling = settle(sampleVisit(), world)
    await Promise.resolve()
    expect(told).toHaveLength(0)
    written.resolve()
    await settling
    expect(told).toHaveLength(1)
  })

  test('with a ledger that cannot be written says so, and does not reject', async () => {
    const full = new Error('disk full')
    const { lost, told, world } = sampleWorld(() => Promise.reject(full))
    await settle(sampleVisit(), world)
    expect([lost, told.length]).toEqual([[full], 1])
  })

  test('hands the cause of a failure to the sinks and not to the row', async () => {
    const { rows, told, world } = sampleWorld()
    const visit = sampleVisit()
    const cause = new Error('secret detail')
    visit.diary.ended(new Fault('internal', 'It failed.', { cause }))
    await settle(visit, world)
    expect(told[0]?.cause).toBe(cause)
    expect(JSON.stringify(rows)).not.toContain('secret detail')
  })

  test('gives the last part of a reply its usage once, though it broke off as well', async () => {
    const { rows, world } = sampleWorld()
    const visit = sampleVisit()
    const target = { provider: 'openai', model: 'm' }
    const broken = { target, startedMs: 0, status: 200, headersMs: 1, outcome: 'upstream_failed', broke: true } as const
    visit.diary.tried({ ...broken, part: true, usage })
    visit.diary.tried(broken)
    visit.diary.target = target
    visit.diary.noticed([{ type: 'usage', usage }], 0)
    visit.diary.ended(new Fault('upstream_failed', 'It broke off.'))
    await settle(visit, world)
    expect(rows[0]).toMatchObject({
      usage: { input: 20, output: 6 },
      cost: 36,
      tries: [
        { usage, cost: 18 },
        { usage, cost: 18 },
      ],
    })
  })

  test('leaves unknown what is unknown: a price, a cost, a usage', async () => {
    const { rows, world } = sampleWorld()
    const visit = sampleVisit()
    visit.diary.target = { provider: 'openai', model: 'unknown' }
    visit.diary.noticed([{ type: 'usage', usage }], 0)
    await settle(visit, world)
    expect(rows[0]).toMatchObject({ usage, price: undefined, cost: undefined, firstTokenMs: undefined })
  })
})

test.each([
  ['replayOf', 'the reply of req_0, given again'],
  ['sharedWith', 'the reply of req_0, shared'],
] as const)('a reply that another has paid for costs nothing, and says whose it was: %s', async (how, told) => {
  const { rows, world } = sampleWorld()
  const visit = sampleVisit()
  visit.diary.target = { provider: 'openai', model: 'gpt-5-mini' }
  visit.diary[how] = 'req_0'
  await settle(visit, world)
  expect(rows[0]).toMatchObject({ cost: 0, usage: undefined, plan: told, provider: 'openai', tries: [] })
})

describe('the status of a row is', () => {
  const late = new Fault('upstream_timeout', 'late')
  const left = new Fault('client_closed', 'left')
  const cases: readonly (readonly [string, boolean, number | undefined, Fault | undefined, number])[] = [
    ['200 where nothing failed', true, 5, undefined, 200],
    ['that of the fault before the reply began', true, undefined, late, 504],
    ['200 for a stream that failed after it began, as its caller was told', true, 5, late, 200],
    ['499 for a caller that left in the middle of a stream', true, 5, left, 499],
    ['that of the fault for what is no stream', false, 5, late, 504],
  ]
  test.each([...cases])('%s', async (_, stream, replied, fault, status) => {
    const { rows, world } = sampleWorld()
    const visit = sampleVisit()
    visit.diary.call = sampleLetter({ stream }).call
    visit.diary.replied = replied
    if (fault) visit.diary.ended(fault)
    await settle(visit, world)
    expect([rows[0]?.status, rows[0]?.code]).toEqual([status, fault?.code ?? 'ok'])
  })
})

test('of what callers and providers wrote the row has words, and no more', async () => {
  const { rows, world } = sampleWorld()
  for (const stopReason of ['content_filter', 'größe', `it said ${'x'.repeat(950)}`, 'x'.repeat(65)]) {
    const visit = sampleVisit()
    visit.diary.stopReason = stopReason
    visit.diary.ended(new Fault('upstream_failed', say`It is ${quoted('secret')}${'.'.repeat(3_000)}`))
    await settle(visit, world)
  }
  expect(rows.map(row => row.stopReason)).toEqual(['content_filter', 'größe', 'other', 'other'])
  expect([rows[0]?.message?.slice(0, 8), rows[0]?.message?.length]).toEqual(['It is ….', 2_000])
})

test('what a caller names in its headers stands in the row, within bounds', async () => {
  const { rows, world } = sampleWorld()
  const trace = '0af7651916cd43dd8448eb211c80319c'
  const headers = {
    'x-thalamus-task': ' sum ',
    'x-thalamus-user': 'u'.repeat(999),
    'x-thalamus-tags': ` a, ,b,${'c'.repeat(999)},${'d,'.repeat(99)}`,
    traceparent: `00-${trace}-b7ad6b7169203331-01`,
  }
  await settle(sampleVisit({ headers }), world)
  await settle(sampleVisit({ headers: { 'x-thalamus-task': ' ', traceparent: 'nonsense' } }), world)
  const [named, unnamed] = rows
  expect([named?.task, named?.user?.length, named?.tags.length, named?.traceId]).toEqual(['sum', 200, 20, trace])
  expect(named?.tags.slice(0, 3)).toEqual(['a', 'b', 'c'.repeat(100)])
  expect([unnamed?.task, unnamed?.user, unnamed?.tags]).toEqual([undefined, undefined, []])
  expect(unnamed?.traceId).toMatch(/^[\da-f]{32}$/)
})
