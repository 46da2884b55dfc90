import { describe, expect, test } from 'bun:test'
import { sampleCaller, sampleLetter, sampleVisit, sampleWorld } from '../../../test/fakes/visit.ts'
import type { Visit } from '../../line.ts'
import { Fault } from '../../model/fault.ts'
import type { StreamSource, WholeSource } from '../../model/source.ts'
import { memoryCounters } from '../../stores/memory/counters.ts'
import { admit } from '../admit.ts'
import { settle } from '../settle.ts'
import { refuse, reply } from './reply.ts'
import type { ReplyWorld } from './world.ts'

const whole: WholeSource = {
  type: 'whole',
  dialect: 'openai-chat',
  contentType: 'application/json; charset=UTF-8',
  bytes: Buffer.from(' {"a":1.0}\n'),
  events: [{ type: 'content' }, { type: 'stop', reason: 'stop' }],
}

const permit = await admit(sampleCaller, memoryCounters(sampleWorld().clock))

function standing(disclose: ReplyWorld['disclose'] = 'basic', cost: number | undefined = 1250) {
  const settling = sampleWorld()
  const visit = sampleVisit()
  visit.diary.target = { provider: 'openai', model: 'modèle/1\n' }
  visit.diary.call = sampleLetter().call
  visit.diary.lost = ['models', 'provider']
  visit.diary.asks(0)
  visit.diary.answered(10)
  settling.clock.advance(12.5)
  const world: ReplyWorld = {
    clock: settling.clock,
    disclose,
    async settle() {
      await settle(visit, settling.world)
      return cost
    },
  }
  return { ...settling, visit, world }
}

const thalamusHeaders = (response: Response): string[] =>
  [...response.headers.keys()].filter(name => /^x-(?!accel)/.test(name)).sort()

describe('a whole reply', () => {
  test('is what the provider said, byte for byte, with what became of it in its headers', async () => {
    const { visit, world, rows } = standing()
    const response = await reply(whole, permit, visit, world)
    expect(rows.map(row => [row.code, row.stopReason, row.bytesOut])).toEqual([['ok', 'stop', 11]])
    expect([response.status, await response.text()]).toEqual([200, ' {"a":1.0}\n'])
    expect(Object.fromEntries(response.headers)).toEqual({
      'content-type': 'application/json; charset=UTF-8',
      'x-request-id': 'req_1',
      'x-thalamus-request-id': 'req_1',
      'x-thalamus-provider': 'openai',
      'x-thalamus-model': 'mod%C3%A8le/1%0A',
      'x-thalamus-attempts': '0',
      'x-thalamus-cache': 'off',
      'x-thalamus-overhead-ms': '2.50',
      'x-thalamus-lost': 'models, provider',
      'x-thalamus-cost-usd': '0.00000125',
    })
  })

  test('says no cost where none is known', async () => {
    const settling = standing()
    const response = await reply(whole, permit, settling.visit, {
      ...settling.world,
      settle: async () => undefined,
    })
    expect(response.headers.has('x-thalamus-cost-usd')).toBe(false)
  })

  test('waits for its row', async () => {
    const { visit, world } = standing()
    const written = Promise.withResolvers<undefined>()
    let replied = false
    const replying = Promise.resolve(reply(whole, permit, visit, { ...world, settle: () => written.promise })).then(
      () => {
        replied = true
      },
    )
    for (let i = 0; i < 3; i++) await new Promise(resolve => setImmediate(resolve))
    expect(replied).toBe(false)
    written.resolve(undefined)
    await replying
  })
})

test('a stream is one that no proxy gathers, and is read no further than its beginning before it is asked for', async () => {
  const { visit, world } = standing()
  let asked = 0
  const source: StreamSource = {
    type: 'stream',
    dialect: 'openai-chat',
    next: async () => (asked++ === 0 ? { bytes: Buffer.from('data: hi\n\n'), events: [] } : undefined),
    fail: () => undefined,
    close: () => undefined,
  }
  const response = await reply(source, permit, visit, world)
  expect(asked).toBe(1)
  expect(['content-type', 'cache-control', 'x-accel-buffering'].map(name => response.headers.get(name))).toEqual([
    'text/event-stream; charset=utf-8',
    'no-cache',
    'no',
  ])
  expect(await response.text()).toBe('data: hi\n\n')
  expect(asked).toBe(2)
})

describe('a stream says who answers, and after how many calls', () => {
  const source: StreamSource = {
    type: 'stream',
    dialect: 'openai-chat',
    next: async () => undefined,
    fail: () => undefined,
    close: () => undefined,
  }
  const tried = { target: { provider: 'openai', model: 'm' }, startedMs: 0, status: undefined, headersMs: undefined }
  const cases: readonly (readonly [string, (diary: Visit['diary']) => void, (string | null)[]])[] = [
    ['once a target has begun', diary => diary.tried({ ...tried, outcome: 'ok' }), ['openai', 'mod%C3%A8le/1%0A', '1']],
    [
      'and not before, though some have failed and one is asked',
      diary => {
        diary.tried({ ...tried, outcome: 'upstream_failed' })
        diary.tried({ ...tried, outcome: 'client_closed' })
      },
      [null, null, null],
    ],
    ['and not while it waits for its turn', () => undefined, [null, null, null]],
    [
      'where another has asked for it',
      diary => {
        diary.sharedWith = 'req_0'
      },
      ['openai', 'mod%C3%A8le/1%0A', '0'],
    ],
  ]
  test.each([...cases])('%s', async (_, note, told) => {
    const { visit, world } = standing()
    note(visit.diary)
    const { headers } = await reply(source, permit, visit, world)
    const names = ['x-thalamus-provider', 'x-thalamus-model', 'x-thalamus-attempts']
    expect(names.map(name => headers.get(name))).toEqual(told)
  })
})

test('with nothing disclosed only the request’s id is told', async () => {
  const { visit, world } = standing('none')
  expect(thalamusHeaders(await reply(whole, permit, visit, world))).toEqual(['x-request-id', 'x-thalamus-request-id'])
  const refused = refuse(new Fault('overloaded', 'Later.'), permit, standing('none').visit, world)
  expect(thalamusHeaders(refused)).toEqual(['x-request-id', 'x-thalamus-request-id'])
})

describe('a fault', () => {
  test('is told in our words, with the id of its row', async () => {
    const { visit, world } = standing()
    const response = refuse(new Fault('model_not_found', 'Name another.', { param: 'model' }), undefined, visit, world)
    expect([response.status, response.headers.get('content-type')]).toEqual([404, 'application/json'])
    expect(await response.json()).toEqual({
      error: { message: 'Name another.', type: 'invalid_request_error', param: 'model', code: 'model_not_found' },
      thalamus: { code: 'model_not_found', request_id: 'req_1' },
    })
  })

  test("is told in the provider's own, where the caller understands them", async () => {
    const said = { dialect: 'openai-chat', contentType: 'application/problem+json', body: ' {"no":1.0}' }
    const { visit, world } = standing()
    const response = refuse(new Fault('rate_limited', 'x', { said, status: 429 }), undefined, visit, world)
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
      429,
      said.contentType,
      said.body,
    ])
    const other = refuse(
      new Fault('rate_limited', 'x', { said: { ...said, dialect: 'another' } }),
      undefined,
      visit,
      world,
    )
    expect(await other.json()).toMatchObject({ error: { message: 'x' } })
  })

  const waits: readonly (readonly [number | undefined, string | null])[] = [
    [undefined, '1'],
    [0, '1'],
    [1, '1'],
    [1500, '2'],
    [60_000, '60'],
  ]
  test.each([...waits])('that will be over in %p ms says retry-after: %p', (retryAfterMs, header) => {
    const { visit, world } = standing()
    const options = retryAfterMs === undefined ? {} : { retryAfterMs }
    expect(refuse(new Fault('rate_limited', 'x', options), undefined, visit, world).headers.get('retry-after')).toBe(
      header,
    )
  })

  test('of any other kind does not say when to ask again', () => {
    const { visit, world } = standing()
    for (const code of ['upstream_failed', 'invalid_request'] as const)
      expect(refuse(new Fault(code, 'x'), undefined, visit, world).headers.get('retry-after')).toBeNull()
    expect(refuse(new Fault('no_target', 'x'), undefined, visit, world).headers.get('retry-after')).toBe('1')
  })
})
