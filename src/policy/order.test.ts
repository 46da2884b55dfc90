import { describe, expect, test } from 'bun:test'
import type { Standing } from '../model/health.ts'
import type { Manner } from './directory.ts'
import { type Contender, order } from './order.ts'
import { candidate, manner, quick, unknown } from './sample.test-data.ts'

const contender = (name: string, standing: Partial<Standing> = {}, weight = 1): Contender => {
  const one = candidate(`${name}/m`, { weight })
  const seen = { ...unknown, ...standing }
  return { candidate: one, spots: one.spots.map(spot => ({ spot, standing: seen })), standing: seen }
}

/** Chance that is the same in each run (mulberry32). */
function seeded(): () => number {
  let state = 7
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

type Prices = { readonly [provider: string]: number }

function ordered(contenders: readonly Contender[], how: Partial<Manner>, stream = true, prices: Prices = {}): string {
  const world = { stream, chance: seeded(), cost: (one: Contender['candidate']) => prices[one.target.provider] }
  const names = order(contenders, { ...manner, ...how }, world).map(each => each.candidate.target.provider)
  return names.join(' ')
}

describe('in order', () => {
  test('targets stand as they are written', () => {
    expect(ordered([contender('a'), contender('b'), contender('c')], {})).toBe('a b c')
  })

  test('one that fails goes behind those that do well, before its breaker opens', () => {
    const failing = contender('a', { reliability: 4 / 6 })
    expect(ordered([failing, contender('b'), contender('c')], {})).toBe('b c a')
    expect(ordered([contender('a', { reliability: 0.8 }), contender('b')], {})).toBe('a b')
  })
})

/** How often each comes first, of a thousand. */
function shares(contenders: readonly Contender[]): Readonly<Record<string, number>> {
  const chance = seeded()
  const first: Record<string, number> = {}
  for (let i = 0; i < 1000; i++) {
    const [one] = order(contenders, { ...manner, strategy: 'weighted' }, { stream: true, chance, cost: () => 1 })
    const name = one?.candidate.target.provider ?? ''
    first[name] = (first[name] ?? 0) + 1
  }
  return first
}

describe('weighted', () => {
  test('targets come first as often as their weight says', () => {
    const { a, b, c } = shares([contender('a', {}, 6), contender('b', {}, 3), contender('c', {}, 1)])
    expect(a).toBeWithin(550, 651)
    expect(b).toBeWithin(250, 351)
    expect(c).toBeWithin(60, 141)
  })

  test('one that fails gets less than its share', () => {
    const { a = 0 } = shares([contender('a', { reliability: 0.5 }), contender('b')])
    expect(a).toBeWithin(150, 251)
  })
})

describe('by latency', () => {
  const by = (contenders: readonly Contender[], stream = true) => ordered(contenders, { strategy: 'latency' }, stream)

  test('the quickest is first: by the first token of a stream, by the whole of a reply', () => {
    const a = contender('a', { firstToken: quick(300), latency: quick(2000) })
    const b = contender('b', { firstToken: quick(200), latency: quick(3000) })
    expect([by([a, b], true), by([a, b], false)]).toEqual(['b a', 'a b'])
  })

  test('one that nobody knows is tried, by one request at a time', () => {
    const known = contender('a', { firstToken: quick(10) })
    expect(by([known, contender('b')])).toBe('b a')
    expect(by([known, contender('b', { inFlight: 1 })])).toBe('a b')
  })

  test('one that is quick to fail is not quick', () => {
    const a = contender('a', { firstToken: quick(100), reliability: 0.5 })
    expect(by([a, contender('b', { firstToken: quick(300) })])).toBe('b a')
  })
})

describe('by cost', () => {
  test('the cheapest is first, what nobody knows the price of is last', () => {
    const three = ['a', 'b', 'c'].map(name => contender(name))
    expect(ordered(three, { strategy: 'cost' }, true, { b: 2, c: 1 })).toBe('c b a')
  })

  test('a cheap one that fails goes behind', () => {
    const two = [contender('a', { reliability: 0.5 }), contender('b')]
    expect(ordered(two, { strategy: 'cost' }, true, { a: 1, b: 2 })).toBe('b a')
  })
})

describe('by score', () => {
  const a = contender('a', { firstToken: quick(100) })
  const b = contender('b', { firstToken: quick(500) })
  const prices = { a: 10, b: 1, c: 9 }
  const by = (weigh: Manner['weigh'], contenders = [a, b]) =>
    ordered(contenders, { strategy: 'score', weigh }, true, prices)

  test('what counts most decides', () => {
    expect(by({ cost: 0.6, latency: 0.3, quality: 0.1 })).toBe('b a')
    expect(by({ cost: 0.3, latency: 0.6, quality: 0.1 })).toBe('a b')
  })

  test('one that is nearly as good in all is before those that are best in one', () => {
    const c = contender('c', { firstToken: quick(110) })
    expect(by({ cost: 0.2, latency: 0.8, quality: 0 }, [a, b, c])).toBe('c a b')
  })

  test('one that fails loses what it scored', () => {
    expect(by({ cost: 1, latency: 0, quality: 0 }, [a, contender('b', { reliability: 0.5 })])).toBe('b a')
    expect(by({ cost: 1, latency: 0, quality: 1 }, [a, contender('b', { reliability: 0.5 })])).toBe('a b')
  })
})
