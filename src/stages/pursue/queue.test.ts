import { describe, expect, test } from 'bun:test'
import { fakeClock } from '../../../test/fakes/clock.ts'
import { sampleCaller, sampleLetter, sampleVisit } from '../../../test/fakes/visit.ts'
import { Diary } from '../../model/diary.ts'
import { Fault } from '../../model/fault.ts'
import type { Place } from '../../model/health.ts'
import type { Plan } from '../../model/plan.ts'
import type { Source } from '../../model/source.ts'
import type { Manner } from '../../policy/directory.ts'
import { judge } from '../../policy/judge.ts'
import { plan } from '../../policy/plan.ts'
import { candidate, manner } from '../../policy/sample.test-data.ts'
import { verdictOf } from '../../policy/verdict.ts'
import { memoryHealth } from '../../stores/memory/health.ts'
import { inTurn } from './queue.ts'
import { Turns } from './turns.ts'

const whole: Source = { type: 'whole', dialect: 'd', contentType: '', bytes: new Uint8Array(), events: [] }
const breaker = { windowMs: 30_000, minRequests: 4, failureRate: 0.5, openForMs: 15_000 }

type Options = { readonly rpm?: number; readonly most?: number; readonly retry?: Partial<Manner['retry']> }

/** The true plan and the true health of one target, `a/m`, at a clock that stands still. What is let go is answered at once. */
function house({ rpm, most = 100, retry }: Options = {}) {
  const clock = fakeClock()
  const turns = new Turns(clock)
  const health = memoryHealth({ clock, judge, rules: () => ({ breaker, rpm }) })
  const best = {
    targets: [{ provider: 'a', model: 'm' }],
    candidates: [candidate('a/m')],
    manner: { ...manner, retry: { ...manner.retry, ...retry } },
  }
  const world = {
    resolve: () => ({ ...best, reason: 'it is the best' }),
    now: clock.now,
    random: () => 0.5,
    standing: health.standing,
    tariff: () => undefined,
  }
  const letter = sampleLetter({ model: 'best' })
  const story: string[] = []
  const place: Place = { provider: 'a', model: 'm', key: 'k1' }

  type Coming = {
    readonly priority?: number
    readonly patienceMs?: number
    readonly gone?: boolean
    readonly planned?: Plan
  }
  const planned = (): Plan => plan(letter, sampleCaller, world)
  function come(name: string, { gone = false, planned: before, ...more }: Coming = {}) {
    const leaving = new AbortController()
    if (gone) leaving.abort()
    const one = { ...letter, ...more }
    const visit = { ...sampleVisit({}, leaving.signal), id: name, diary: new Diary(clock.now(), 0) }
    const say = (what: string): void => void story.push(`${clock.now()} ${name} ${what}`)
    const source = inTurn({
      plan: before ?? plan(one, sampleCaller, world),
      letter: one,
      visit,
      clock,
      queue: { turns, most, plan: (asked, _, leftMs) => plan(asked, sampleCaller, world, leftMs) },
      tell: told => {
        if (told.type === 'queue') say(`${told.result} after ${told.waitedMs}`)
        else say(told.type)
      },
      async go({ queuedMs }: Plan) {
        const started = health.begin(place)
        if (!started) throw new Fault('no_target', 'It was taken.')
        say(`asks, having waited ${queuedMs ?? 0}`)
        health.report(started, { status: 200 })
        return whole
      },
    })
    source.catch(error => say(error instanceof Fault ? error.code : 'broke'))
    return { source, leave: () => leaving.abort() }
  }

  /** The provider asks for a pause, in its own words or by a limit that looks used up. */
  function paused(headers: Readonly<Record<string, string>>, refused = true): void {
    const started = health.begin(place)
    if (!started) throw new Error('It is left alone already.')
    const how = refused ? { failure: verdictOf('rate_limited'), status: 429 } : { status: 200 }
    health.report(started, { ...how, header: name => headers[name] })
  }

  async function pass(ms: number): Promise<void> {
    for (let left = ms; left >= 0; left -= 50) {
      for (let i = 0; i < 6; i++) await Promise.resolve()
      clock.advance(Math.min(50, left))
    }
    for (let i = 0; i < 6; i++) await Promise.resolve()
  }
  return { clock, turns, come, planned, paused, pass, story }
}

test('what is free is asked at once, and what waits for its provider when that says so', async () => {
  const { come, paused, pass, story } = house()
  come('one')
  paused({ 'retry-after': '2' })
  come('two')
  await pass(2_100)
  expect(story).toEqual([
    '0 one asks, having waited 0',
    '2000 two went after 2000',
    '2000 two asks, having waited 2000',
  ])
})

test('of those who come together as many go as the key may have, and the others as it may have more', async () => {
  const { come, pass, story, turns } = house({ rpm: 2, retry: { maxWaitMs: 500_000 } })
  for (const name of ['one', 'two', 'three', 'four', 'five']) come(name)
  await pass(0)
  expect([story, turns.size]).toEqual([['0 one asks, having waited 0', '0 two asks, having waited 0'], 3])
  await pass(121_000)
  expect(story.slice(2).filter(each => each.includes('asks'))).toEqual([
    '60000 three asks, having waited 60000',
    '60000 four asks, having waited 60000',
    '120000 five asks, having waited 120000',
  ])
})

test('whose place was taken between its plan and its turn waits with the others', async () => {
  const { come, planned, pass, story } = house({ rpm: 1, retry: { maxWaitMs: 100_000 } })
  const plans = [planned(), planned()]
  for (const [n, each] of plans.entries()) come(`${n + 1}`, { planned: each })
  await pass(61_000)
  expect(story).toEqual(['0 1 asks, having waited 0', '60000 2 went after 60000', '60000 2 asks, having waited 60000'])
})

test('whose place was taken is refused at once, where nobody waits', async () => {
  const { come, planned, pass, story } = house({ rpm: 1, retry: { maxWaitMs: 0 } })
  const plans = [planned(), planned()]
  for (const [n, each] of plans.entries()) come(`${n + 1}`, { planned: each })
  await pass(0)
  expect(story).toEqual(['0 1 asks, having waited 0', '0 2 no_target'])
})

test('a newcomer does not go before those who wait, though the place is free', async () => {
  const { come, paused, pass, clock, story } = house()
  paused({ 'retry-after': '2' })
  for (const name of ['one', 'two', 'three']) come(name)
  await pass(1_950)
  story.length = 0
  // The first goes now; what it brings about is still to come.
  clock.advance(50)
  come('four')
  await pass(1_000)
  expect(story.filter(each => each.includes('asks')).map(each => each.split(' ')[1])).toEqual([
    ...['one', 'two', 'three', 'four'],
  ])
})

test('a newcomer of a higher priority does', async () => {
  const { come, paused, pass, story } = house()
  paused({ 'retry-after': '2' })
  come('one')
  come('two', { priority: 10 })
  await pass(2_500)
  expect(story.filter(each => each.includes('asks')).map(each => each.split(' ')[1])).toEqual(['two', 'one'])
})

describe('a wait ends', () => {
  test('when the caller leaves, at once', async () => {
    const { come, paused, pass, story, turns, clock } = house()
    paused({ 'retry-after': '2' })
    const { leave } = come('one')
    await pass(500)
    leave()
    await pass(0)
    expect([story, turns.size, clock.waiting()]).toEqual([['500 one left after 500', '500 one client_closed'], 0, 0])
  })

  test('when it has lasted as long as it may, or as the caller has time', async () => {
    const { come, paused, pass, story } = house({ retry: { maxWaitMs: 5_000 } })
    paused({ 'retry-after': '2' })
    come('one')
    come('two', { patienceMs: 2_500 })
    await pass(1_000)
    paused({ 'retry-after': '3' })
    await pass(5_000)
    expect(story.filter(each => each.includes(' two '))).toEqual(['2500 two late after 2500', '2500 two no_target'])
    expect(story.filter(each => each.includes(' one '))).toEqual([
      '4000 one went after 4000',
      '4000 one asks, having waited 4000',
    ])
  })

  test('when it is certain that nothing will be free in time', async () => {
    const { come, paused, pass, story } = house({ retry: { maxWaitMs: 5_000 } })
    paused({ 'retry-after': '2' })
    come('one')
    await pass(1_000)
    paused({ 'retry-after': '30' })
    await pass(1_500)
    expect(story).toEqual(['2000 one late after 2000', '2000 one no_target'])
  })

  test('before it begins, where what stands in the way is no more than a hint', async () => {
    const { come, paused, pass, story } = house({ retry: { maxWaitMs: 5_000 } })
    paused({ 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '4s' }, false)
    come('one')
    await pass(0)
    expect(story).toEqual(['0 one asks, having waited 0'])
  })

  test('when the pause that was asked for is over, though a limit seems used up for longer', async () => {
    const { come, paused, pass, story } = house()
    paused({
      'retry-after': '2',
      'x-ratelimit-remaining-tokens': '0',
      'x-ratelimit-remaining-requests': '9',
      'x-ratelimit-reset-tokens': '1m0s',
    })
    come('one')
    await pass(2_500)
    expect(story).toEqual(['2000 one went after 2000', '2000 one asks, having waited 2000'])
  })

  test('before it begins, where there is no room for it', async () => {
    const { come, paused, pass, story } = house({ most: 1 })
    paused({ 'retry-after': '2' })
    come('one')
    come('two')
    await pass(0)
    expect(story).toEqual(['0 two shed', '0 two overloaded'])
    come('three', { priority: 1 })
    await pass(0)
    expect(story.slice(2)).toEqual(['0 one gave_way after 0', '0 one shed', '0 one overloaded'])
  })

  test('before it begins, where the caller has left', async () => {
    const { come, paused, pass, story, turns } = house()
    paused({ 'retry-after': '2' })
    come('one', { gone: true })
    await pass(0)
    expect([story, turns.size]).toEqual([['0 one left after 0', '0 one client_closed'], 0])
  })
})
