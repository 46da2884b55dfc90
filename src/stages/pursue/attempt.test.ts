import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { type FakeClock, fakeClock } from '../../../test/fakes/clock.ts'
import { fakeHealth } from '../../../test/fakes/health.ts'
import {
  completion,
  events,
  reply,
  type Script,
  scriptedUpstream,
  stream,
  streamHead,
  type Upstream,
} from '../../../test/fakes/upstream.ts'
import { sampleLetter, samplePlan, sampleVisit } from '../../../test/fakes/visit.ts'
import { openaiChat } from '../../dialects/openai-chat/index.ts'
import { Dialer } from '../../lib/dial.ts'
import type { Visit } from '../../line.ts'
import { Fault } from '../../model/fault.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Leg } from '../../model/plan.ts'
import type { Source } from '../../model/source.ts'
import { Hedges } from './hedges.ts'
import { pursue } from './pursue.ts'
import type { Route } from './route.ts'

let upstream: Upstream
beforeAll(async () => {
  upstream = await scriptedUpstream()
})
afterAll(() => upstream.stop())

const target = { provider: 'acme', model: 'm' }
let clock: FakeClock
beforeEach(() => {
  clock = fakeClock()
})

const route = (url: string): Route => ({
  provider: 'acme',
  dialect: openaiChat,
  quirks: {},
  url: asking => url + openaiChat.path(asking),
  headers: () => new Headers({ authorization: 'Bearer sk-secret' }),
  shows: text => text.includes('sk-secret'),
})

function pursued(
  script: Script,
  more: JsonObject = {},
  visit: Visit = sampleVisit(),
  url = upstream.url,
  dialer?: Dialer,
  legs: readonly Leg[] = [{ target }],
) {
  upstream.play(script)
  const { health, told, inFlight } = fakeHealth()
  const source = pursue(
    samplePlan(legs, dialer ? { waits: { connect: 500, firstToken: 1000, idle: 1000, total: 5000 } } : {}),
    sampleLetter(more),
    visit,
    {
      clock,
      fetchFile: () => Promise.reject(new Error('there are no files here')),
      health,
      hedges: new Hedges(),
      dialer,
      route: id => (id === 'acme' ? route(url) : id === 'gone' ? route('http://127.0.0.1:1') : undefined),
      tell: () => undefined,
    },
  )
  return { source, visit, told, inFlight }
}

async function faultOf(pursuing: Promise<Source>): Promise<Fault> {
  const error = await pursuing.then(
    () => undefined,
    error => error as unknown,
  )
  if (!(error instanceof Fault)) throw new Error(`No fault: ${String(error)}`)
  return error
}

describe('a target that answers', () => {
  test('is asked at its own place, by its own name, with its own key', async () => {
    const { source, visit } = pursued(reply(completion('Hi')))
    expect((await source).type).toBe('whole')
    const asked = upstream.asked.at(-1)
    expect([asked?.path, asked?.headers.get('authorization')]).toEqual(['/v1/chat/completions', 'Bearer sk-secret'])
    expect(JSON.parse(asked?.body ?? '')).toMatchObject({ model: 'm' })
    expect(visit.diary.target).toEqual(target)
    expect(visit.diary.tries).toEqual([{ target, startedMs: 0, status: 200, headersMs: 0, outcome: 'ok' }])
    expect(clock.waiting()).toBe(0)
  })

  test('leaves what is done with its reply to us, and is no more waited for', async () => {
    const { source, visit } = pursued(reply(completion('Hi')))
    await source
    clock.advance(5)
    expect(visit.diary.overheadMs(clock.now())).toBe(5)
  })

  test('behind a byte order mark is understood, and handed on as it came', async () => {
    const body = `\ufeff${completion('Grüße')}`
    const source = await pursued(reply(body)).source
    expect(source.type === 'whole' && Buffer.from(source.bytes)).toEqual(Buffer.from(body))
  })

  test('with a stream is listened to', async () => {
    const source = await pursued(stream(events.says('Hi'), events.stop + events.done), { stream: true }).source
    if (source.type !== 'stream') throw new Error('It is no stream.')
    expect(Buffer.from((await source.next())?.bytes ?? []).toString()).toStartWith(events.says('Hi'))
    source.close()
    expect(clock.waiting()).toBe(0)
  })

  test('a stream with one JSON text is told as a stream', async () => {
    const { source, told, inFlight } = pursued(reply(completion('Grüße')), { stream: true })
    const begun = await source
    if (begun.type !== 'stream') throw new Error('It is no stream.')
    const batch = await begun.next()
    const text = Buffer.from(batch?.bytes ?? []).toString()
    expect(text).toContain('"content":"Grüße"')
    expect(text).toEndWith('data: [DONE]\n\n')
    expect(batch?.events.map(({ type }) => type)).toEqual(['content', 'stop', 'usage', 'done'])
    expect([await begun.next(), told.map(({ outcome }) => outcome.tokens), inFlight()]).toEqual([undefined, [5], 0])
  })
})

describe('a target that refuses', () => {
  test('is repeated in its own words, with the time to wait', async () => {
    const body = ' {"error":{"message":"slow down"}}'
    const { source, visit } = pursued(reply(body, { status: 429, headers: { 'retry-after': '7' } }))
    const fault = await faultOf(source)
    expect([fault.code, fault.status, fault.retryAfterMs, fault.said?.body]).toEqual(['rate_limited', 429, 7000, body])
    expect(visit.diary.tries).toMatchObject([{ status: 429, outcome: 'rate_limited' }])
    expect(clock.waiting()).toBe(0)
  })

  test('inside a 200 is repeated in its own letters', async () => {
    const body = '{"error":{"message":"Übermäßig: 请求过多","code":429}}'
    const fault = await faultOf(pursued(reply(body)).source)
    expect(fault.message).toContain('Übermäßig: 请求过多')
    expect(fault.said?.body).toBe(body)
  })

  const echoes: readonly (readonly [string, Script])[] = [
    ['a refusal', reply('{"error":{"message":"wrong key sk-secret"}}', { status: 401 })],
    ['a field of a refusal', reply('{"error":{"message":"no"},"key":"sk-secret"}', { status: 401 })],
    ['an error inside a 200', reply('{"error":{"message":"sk-secret"}}')],
  ]
  test.each([...echoes])('does not show its key to the caller in %s', async (_, script) => {
    const fault = await faultOf(pursued(script).source)
    expect(JSON.stringify([fault.message, fault.said])).not.toContain('sk-secret')
    expect([fault.code, fault.status]).toEqual(['upstream_failed', 502])
  })
})

describe('a target that cannot be understood', () => {
  const cases: readonly (readonly [string, Script])[] = [
    ['a page of HTML', reply('<html>', { headers: { 'content-type': 'text/html' } })],
    ['a list', reply('[]')],
    ['half a JSON', reply('{"choices":[')],
    ['nothing', reply('')],
  ]
  test.each([...cases])('because it says %s has failed', async (_, script) => {
    const { source, visit } = pursued(script)
    expect([(await faultOf(source)).code, visit.diary.tries[0]?.outcome]).toEqual([
      'upstream_failed',
      'upstream_failed',
    ])
  })
})

describe('a target that is not there', () => {
  test('has failed, and the try has no status', async () => {
    const { source, visit } = pursued(reply(''), {}, sampleVisit(), 'http://127.0.0.1:1')
    const fault = await faultOf(source)
    expect(fault.message).toStartWith('acme refused the connection.')
    expect(visit.diary.tries).toMatchObject([{ status: undefined, headersMs: undefined, outcome: 'upstream_failed' }])
  })

  test('by that name is no target at all', async () => {
    const { health } = fakeHealth()
    const fetchFile = () => Promise.reject(new Error('there are no files here'))
    const nowhere = { clock, health, fetchFile, hedges: new Hedges(), route: () => undefined, tell: () => undefined }
    const fault = await faultOf(pursue(samplePlan([{ target }]), sampleLetter(), sampleVisit(), nowhere))
    expect([fault.code, fault.status]).toEqual(['no_target', 503])
  })
})

describe('a target that says nothing', () => {
  const waiting: readonly (readonly [string, JsonObject, number])[] = [
    ['of a stream is given up when the time for the first token is over', { stream: true }, 1000],
    ['else is given up when the time for the whole is over', {}, 5000],
  ]
  test.each([...waiting])('%s, and let go', async (_, more, ms) => {
    const asked = Promise.withResolvers<{ readonly closing: Promise<void> }>()
    const { source, visit } = pursued(({ closed }) => asked.resolve({ closing: closed }), more)
    source.catch(() => undefined)
    const { closing } = await asked.promise
    clock.advance(ms - 1)
    expect(clock.waiting()).toBe(1)
    clock.advance(1)
    const fault = await faultOf(source)
    expect([fault.code, fault.message]).toEqual([
      'upstream_timeout',
      'acme took too long over the first of the reply. Try again, or another model.',
    ])
    await closing
    expect([visit.diary.overheadMs(clock.now()), clock.waiting()]).toEqual([0, 0])
  })

  test('is let go when the caller leaves', async () => {
    const caller = new AbortController()
    const asked = Promise.withResolvers<{ readonly closing: Promise<void> }>()
    const { source, visit } = pursued(
      async ({ write, closed }) => {
        await write(streamHead + events.role)
        asked.resolve({ closing: closed })
      },
      { stream: true },
      sampleVisit({}, caller.signal),
    )
    source.catch(() => undefined)
    const { closing } = await asked.promise
    caller.abort()
    expect((await faultOf(source)).code).toBe('client_closed')
    await closing
    expect([visit.diary.tries[0]?.outcome, clock.waiting()]).toEqual(['client_closed', 0])
  })
})

describe('the health of a target is told how a try ended, once', () => {
  async function heard(script: Script, how: (source: Source) => Promise<unknown>) {
    const { source, told, inFlight } = pursued(script, { stream: true })
    const before = told.length
    await how(await source)
    return { before, told: told.map(({ outcome }) => outcome), inFlight: inFlight() }
  }

  async function toTheEnd(source: Source): Promise<void> {
    if (source.type !== 'stream') return
    while (await source.next());
    source.close()
  }

  test('a stream, at its end', async () => {
    const script = stream(events.role, events.says('Hi'), events.stop + events.usage(3, 2) + events.done)
    const ended = await heard(script, toTheEnd)
    expect(ended.told.map(({ failure }) => failure)).toEqual([undefined])
    expect(ended).toMatchObject({
      before: 0,
      told: [{ status: 200, outputTokens: 2, tokens: 5, firstTokenMs: 0 }],
      inFlight: 0,
    })
  })

  test('a stream that breaks off, as a failure', async () => {
    const broken = (source: Source): Promise<unknown> => toTheEnd(source).catch(() => undefined)
    expect(await heard(stream(events.role, events.says('Hi')), broken)).toMatchObject({
      before: 0,
      told: [{ failure: { kind: 'cut_short', counts: true } }],
      inFlight: 0,
    })
  })

  test.each([
    ['its closing mark', events.done],
    ['a role and its closing mark', events.role + events.done],
  ])('a stream of nothing but %s, as a failure, and so its try', async (_, wire) => {
    const { source, told, visit } = pursued(stream(wire), { stream: true })
    expect((await faultOf(source)).message).toContain('without saying anything')
    expect(told.map(({ outcome }) => outcome)).toMatchObject([{ failure: { kind: 'cut_short', counts: true } }])
    expect(visit.diary.tries).toMatchObject([{ outcome: 'upstream_failed', reason: 'cut_short', tookMs: 0 }])
  })

  test('a stream that comes in one piece without a blank line after it, as well', async () => {
    const ended = await heard(stream(events.says('Hi') + events.stop.trimEnd()), toTheEnd)
    expect(ended.told.map(({ failure }) => failure)).toEqual([undefined])
  })

  test('a stream with an error in it, as what that says', async () => {
    const { promise: going, resolve } = Promise.withResolvers<void>()
    const script: Script = async ({ write, end }) => {
      await write(streamHead + events.role + events.says('Hi'))
      await going
      await write(`data: ${JSON.stringify({ error: { message: 'busy', code: 503 } })}\n\n`)
      end()
    }
    const onwards = (source: Source): Promise<unknown> => {
      resolve()
      return toTheEnd(source)
    }
    expect(await heard(script, onwards)).toMatchObject({
      told: [{ failure: { kind: 'overloaded', counts: true } }],
      inFlight: 0,
    })
  })

  test('a stream whose caller leaves, as nothing', async () => {
    const leaves = async (source: Source): Promise<void> => (source.type === 'stream' ? source.close() : undefined)
    expect(await heard(({ write }) => write(streamHead + events.says('Hi')), leaves)).toMatchObject({
      told: [{ failure: { kind: 'left', counts: false } }],
      inFlight: 0,
    })
  })

  test('a whole reply, when it is here; a refusal, with its words', async () => {
    const whole = pursued(reply(completion('Hi')))
    await whole.source
    expect([whole.told.map(each => each.outcome.tokens), whole.inFlight()]).toEqual([[5], 0])
    const refused = pursued(reply('{"error":{"message":"slow"}}', { status: 429 }))
    await faultOf(refused.source)
    expect(refused.told).toMatchObject([
      { outcome: { failure: { kind: 'rate_limited' }, status: 429, body: '{"error":{"message":"slow"}}' } },
    ])
  })

  const slow = '{"error":{"message":"Please try again in 2.5s.","code":"rate_limit_exceeded"}}'
  const insides: readonly (readonly [string, Script, boolean])[] = [
    ['a whole reply', reply(slow), false],
    ['a stream', stream(`data: ${slow}\n\n`), true],
    ['a stream that has begun', stream(events.says('Hi'), `data: ${slow}\n\n`), true],
  ]
  test.each([...insides])('%s with a limit inside its 200, with its words', async (_, script, streamed) => {
    const { source, told } = pursued(script, { stream: streamed })
    await source.then(toTheEnd).catch(() => undefined)
    expect(told).toMatchObject([{ outcome: { failure: { kind: 'rate_limited' }, status: 200, body: slow } }])
  })
})

const gone = { provider: 'gone', model: 'm' }
test.each([
  ['the first of two targets leaves half of the time', [{ target }, { target: gone }], 2_500],
  ['the last one has all that is left, whoever was asked before', [{ target: gone }, { target }], 5_000],
])('%s', async (_, legs, ms) => {
  const silent = Promise.withResolvers<{ readonly closing: Promise<void> }>()
  const script: Script = ({ closed }) => silent.resolve({ closing: closed })
  const { source } = pursued(script, {}, sampleVisit(), upstream.url, undefined, legs)
  source.catch(() => undefined)
  const { closing } = await silent.promise
  clock.advance(ms - 1)
  expect(clock.waiting()).toBe(1)
  clock.advance(1)
  await closing
})

test('a target that was reached of late is not dialled beside the call', async () => {
  let dialled = 0
  const dialer = new Dialer((_, decided) => {
    dialled++
    decided()
    return () => undefined
  })
  for (const _ of [1, 2]) await pursued(reply(completion('Hi')), {}, sampleVisit(), upstream.url, dialer).source
  expect(dialled).toBe(1)
})

test('a target that accepts no connection in time is given up', async () => {
  const asked = Promise.withResolvers<void>()
  const dialer = new Dialer(() => () => undefined)
  const { source, told } = pursued(() => asked.resolve(), {}, sampleVisit(), upstream.url, dialer)
  source.catch(() => undefined)
  await asked.promise
  clock.advance(500)
  const fault = await faultOf(source)
  expect([fault.code, fault.message]).toEqual([
    'upstream_timeout',
    'acme took too long over accepting a connection. Try again, or another model.',
  ])
  expect(told).toMatchObject([{ outcome: { failure: { kind: 'timeout', counts: true } } }])
})
