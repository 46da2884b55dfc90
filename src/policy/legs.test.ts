import { describe, expect, test } from 'bun:test'
import type { Standing } from '../model/health.ts'
import type { Manner } from './directory.ts'
import { legsOf } from './legs.ts'
import type { Contender } from './order.ts'
import { candidate, manner, quick, unknown } from './sample.test-data.ts'

function contender(name: string, keys = 1, standing: Partial<Standing> = {}): Contender {
  const one = candidate(`${name}/m`, { keys })
  const seen = { ...unknown, ...standing }
  return { candidate: one, spots: one.spots.map(spot => ({ spot, standing: seen })), standing: seen }
}

/** `a k1 +200` is a leg for a with its first key after a pause, `~90` one that is hedged. Chance is one half. */
const legs = (contenders: readonly Contender[], how: Partial<Manner> = {}, stream = true, chance = 0.5) =>
  legsOf(contenders, { ...manner, ...how }, { stream, random: () => chance }).map(leg =>
    [
      leg.target.provider,
      leg.key,
      leg.backoffMs === undefined ? undefined : `+${leg.backoffMs}`,
      leg.hedgeAfterMs === undefined ? undefined : `~${leg.hedgeAfterMs}`,
    ]
      .filter(part => part !== undefined)
      .join(' '),
  )

describe('the legs', () => {
  test('of one target are its tries, with pauses that may double', () => {
    expect(legs([contender('a')])).toEqual(['a', 'a +100', 'a +200'])
  })

  test('of several targets lead to the next at once, and then around again', () => {
    const once = { retry: { ...manner.retry, attempts: 2 } }
    expect(legs([contender('a'), contender('b')], once)).toEqual(['a', 'b', 'a +100', 'b +100'])
  })

  test('of several keys are all of them before the next target, and a round takes the next key', () => {
    expect(legs([contender('a', 2), contender('b')])).toEqual([
      ...['a k1', 'a k2', 'b'],
      ...['a k2 +100', 'b +100', 'a k1 +200', 'b +200'],
    ])
  })

  test('have pauses from nothing to the whole, and never more than the longest', () => {
    const retry = { ...manner.retry, attempts: 6, baseMs: 1000, maxMs: 5000 }
    expect(legs([contender('a')], { retry }, true, 0)).toEqual(['a', ...Array(5).fill('a +0')])
    expect(legs([contender('a')], { retry }, true, 0.9999999)).toEqual([
      ...['a', 'a +1000', 'a +2000', 'a +4000', 'a +5000', 'a +5000'],
    ])
  })
})

describe('hedged legs', () => {
  const once = { ...manner.retry, attempts: 1 }
  const hedge = (after: number | 'p95', max = 1) => ({ retry: once, hedge: { after, max } })
  const known = { firstToken: quick(100), latency: quick(900) }

  test('are another target’s, after a time or a quantile of the first one’s', () => {
    expect(legs([contender('a', 2), contender('b', 2)], hedge(250))).toEqual(['a k1', 'b k1 ~250', 'a k2', 'b k2'])
    const two = [contender('a', 1, known), contender('b')]
    expect([legs(two, hedge('p95'), true), legs(two, hedge('p95'), false)]).toEqual([
      ['a', 'b ~300'],
      ['a', 'b ~2700'],
    ])
  })

  test('are not there while nothing is known of the first target’s waits', () => {
    expect(legs([contender('a'), contender('b', 1, known)], hedge('p95'))).toEqual(['a', 'b'])
  })

  test('of a target alone are with its next key, or at the same place', () => {
    expect(legs([contender('a', 2)], hedge(250))).toEqual(['a k1', 'a k2 ~250'])
    expect(legs([contender('a')], hedge(250))).toEqual(['a', 'a ~250'])
  })

  test('are as many as may be asked besides', () => {
    const four = ['a', 'b', 'c', 'd'].map(name => contender(name))
    expect(legs(four, hedge(250, 2))).toEqual(['a', 'b ~250', 'c ~250', 'd'])
    const keyed = [contender('a'), contender('b', 2), contender('c')]
    expect(legs(keyed, hedge(250, 2))).toEqual(['a', 'b k1 ~250', 'c ~250', 'b k2'])
  })
})
