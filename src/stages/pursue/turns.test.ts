import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { fakeClock } from '../../../test/fakes/clock.ts'
import { Turns, type Waiter } from './turns.ts'

/** Places that have room for so many, until a test gives them more; and those who wait for them. */
function hall(most = 1_000, leastMs = 0) {
  const clock = fakeClock()
  const turns = new Turns({ ...clock, after: (ms, ring) => clock.after(Math.max(leastMs, ms), ring) })
  const room = new Map<string, number>()
  /** When the next one is expected to be free; a look before that finds nothing. */
  const freeInMs = new Map<string, number>()
  const story: string[] = []
  let looks = 0
  const replies: { readonly name: string; take(): void; refuse(): void }[] = []

  type Coming = {
    readonly target?: string
    readonly caller?: string
    readonly priority?: number
    readonly patience?: number
  }
  function come(name: string, { target = 'x', caller = 'a', priority = 0, patience = 30_000 }: Coming = {}) {
    const say = (what: string): void => void story.push(`${clock.now()} ${name} ${what}`)
    const waiter: Waiter = {
      caller,
      priority,
      lane: target,
      targets: [target],
      until: clock.now() + patience,
      ready() {
        looks++
        if ((room.get(target) ?? 0) <= 0) return freeInMs.get(target) ?? 1_000
        return { target, begin }
      },
      late: () => say('late'),
      gaveWay: () => say('gave way'),
    }
    function begin(): Promise<void> {
      room.set(target, (room.get(target) ?? 0) - 1)
      say('goes')
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      replies.push({ name, take: resolve, refuse: () => reject(new Error('429')) })
      return promise
    }
    const leave = turns.enter(waiter, most)
    if (!leave) say('turned away')
    return { waiter, leave: leave ?? (() => undefined) }
  }
  function free(target: string, count: number): void {
    room.set(target, (room.get(target) ?? 0) + count)
    turns.stir()
  }
  async function pass(ms: number): Promise<void> {
    await turnsOfPromises()
    for (let i = 0; i < ms; i += 50) {
      clock.advance(Math.min(50, ms - i))
      await turnsOfPromises()
    }
    if (ms === 0) clock.advance(0)
    await turnsOfPromises()
  }
  const went = () => story.filter(each => each.endsWith('goes')).map(each => each.split(' ')[1])
  return { clock, turns, come, free, freeInMs, pass, story, replies, room, went, looks: () => looks }
}

const turnsOfPromises = async (): Promise<void> => {
  for (let i = 0; i < 6; i++) await Promise.resolve()
}

describe('a place that becomes free', () => {
  test('is looked at when it is said to, and the first goes', async () => {
    const { come, freeInMs, room, pass, story, turns } = hall()
    freeInMs.set('x', 700)
    come('one')
    await pass(650)
    expect([story, turns.size, turns.wants('x')]).toEqual([[], 1, true])
    room.set('x', 1)
    await pass(50)
    expect([story, turns.size, turns.wants('x')]).toEqual([['700 one goes'], 0, false])
  })

  test('is not run over: one goes first, and while none is refused twice as many each time', async () => {
    const { come, free, pass, went } = hall()
    for (let n = 0; n < 40; n++) come(`${n}`)
    free('x', 1_000)
    const counts: number[] = []
    for (let i = 0; i < 6; i++) {
      await pass(i === 0 ? 0 : 100)
      counts.push(went().length)
    }
    expect(counts).toEqual([1, 3, 7, 15, 31, 40])
  })

  test('takes more at once when it has taken those before', async () => {
    const { come, free, pass, went, replies } = hall()
    for (let n = 0; n < 20; n++) come(`${n}`)
    free('x', 1_000)
    await pass(0)
    replies[0]?.take()
    await pass(0)
    expect(went()).toHaveLength(3)
    for (const reply of replies.slice(1)) reply.take()
    await pass(0)
    expect(went()).toHaveLength(7)
  })

  test('that refuses is asked by one at a time again', async () => {
    const { come, free, pass, went, replies } = hall()
    for (let n = 0; n < 20; n++) come(`${n}`)
    free('x', 3)
    await pass(100)
    expect(went()).toHaveLength(3)
    for (const reply of replies.slice(1)) reply.refuse()
    await pass(0)
    free('x', 1_000)
    await pass(0)
    expect(went()).toHaveLength(4)
  })

  test('is not waited for by those who wait for another', async () => {
    const { come, free, pass, story } = hall()
    come('one', { target: 'x' })
    come('two', { target: 'y' })
    free('y', 1)
    await pass(0)
    expect(story).toEqual(['0 two goes'])
  })
})

test('whoever leaves is gone at once, and does not hold up the others', async () => {
  const { come, free, pass, story, turns, clock } = hall()
  const first = come('one')
  come('two')
  first.leave()
  first.leave()
  expect(turns.size).toBe(1)
  free('x', 1)
  await pass(0)
  expect(story).toEqual(['0 two goes'])
  await pass(100)
  expect([turns.size, clock.waiting()]).toEqual([0, 0])
})

test('nobody waits beyond its time', async () => {
  const { come, pass, story, clock } = hall()
  come('one', { patience: 300 })
  come('two', { patience: 100 })
  come('three', { patience: -5 })
  await pass(400)
  expect([story, clock.waiting()]).toEqual([['0 three late', '100 two late', '300 one late'], 0])
})

test('many who come all the time do not put off those who wait', async () => {
  // A timer of the runtime takes a millisecond at least.
  const { come, free, pass, clock, went } = hall(1_000, 1)
  free('x', 1_000)
  for (let n = 0; n < 50; n++) {
    come(`${n}`)
    clock.advance(0.5)
  }
  expect(went().length).toBeGreaterThan(0)
  await pass(1_000)
  expect(went()).toHaveLength(50)
})

test('what one of those who wait for the same is told holds for all', async () => {
  const { come, pass, looks } = hall()
  for (let n = 0; n < 500; n++) come(`${n}`)
  await pass(0)
  expect(looks()).toBe(1)
})

describe('a queue that is full', () => {
  test('turns away whoever comes', () => {
    const { come, story, turns } = hall(2)
    for (const name of ['one', 'two', 'three']) come(name)
    expect([story, turns.size]).toEqual([['0 three turned away'], 2])
  })

  test('makes room for a higher priority, and for a caller who has less', () => {
    const { come, story } = hall(2)
    come('one')
    come('two')
    come('three', { caller: 'b' })
    come('four', { priority: 10 })
    expect(story).toEqual(['0 two gave way', '0 one gave way'])
  })
})

// What holds whatever is done in which order, on a clock that stands still.

type Person = {
  readonly name: string
  readonly target: string
  readonly caller: string
  readonly priority: number
  readonly until: number
  leave(): void
}

/** Who should be waiting, and what was seen so far. */
class Model {
  readonly waiting = new Map<string, Person>()
  /** Who went, in order, and who was waiting then. */
  readonly went: { readonly person: Person; readonly others: readonly Person[] }[] = []
  seen = 0
  count = 0
}

type Hall = ReturnType<typeof hall>

const most = 6

/** Brings the model up to what was told, and holds what happened against what may. */
function follow(model: Model, { story, turns, clock, room }: Hall): void {
  for (const told of story.slice(model.seen)) {
    const [at = '', name = '', what = ''] = told.split(' ')
    const person = model.waiting.get(name)
    if (what === 'turned') continue
    if (!person) throw new Error(`${name} ${what}, and did not wait.`)
    model.waiting.delete(name)
    const others = [...model.waiting.values()]
    if (what === 'late') expect(Number(at)).toBe(person.until)
    if (what === 'gave') expect(others.every(each => each.priority >= person.priority)).toBe(true)
    if (what === 'goes') {
      const alike = others.filter(each => each.target === person.target)
      // Nobody of a higher priority is passed over, and nobody of the same caller's who came before.
      expect(alike.filter(each => each.priority > person.priority)).toEqual([])
      const before = alike.filter(each => Number(each.name) < Number(name))
      expect(before.filter(each => each.priority === person.priority && each.caller === person.caller)).toEqual([])
      checkTurn(model, person, alike)
      model.went.push({ person, others })
    }
  }
  model.seen = story.length
  expect(turns.size).toBe(model.waiting.size)
  expect(turns.size).toBeLessThanOrEqual(most)
  for (const { until } of model.waiting.values()) expect(until).toBeGreaterThan(clock.now() - 1)
  for (const left of room.values()) expect(left).toBeGreaterThanOrEqual(0)
}

/** Whoever has waited since this caller's last turn has had one of its own since. */
function checkTurn({ went }: Model, person: Person, alike: readonly Person[]): void {
  const last = went.findLastIndex(
    ({ person: one }) =>
      one.caller === person.caller && one.priority === person.priority && one.target === person.target,
  )
  if (last === -1) return
  const since = went.slice(last + 1).map(each => each.person)
  const waitedAllTheTime = alike.filter(each => went[last]?.others.some(other => other.name === each.name))
  for (const { caller, priority } of waitedAllTheTime) {
    if (priority !== person.priority || caller === person.caller) continue
    expect(since.some(each => each.caller === caller && each.priority === priority)).toBe(true)
  }
}

type Command = fc.AsyncCommand<Model, Hall>

const command = (name: string, run: (model: Model, real: Hall) => void | Promise<void>): Command => ({
  check: () => true,
  run: async (model, real) => {
    await run(model, real)
    follow(model, real)
  },
  toString: () => name,
})

const someone = fc.record({
  target: fc.constantFrom('x', 'y'),
  caller: fc.constantFrom('a', 'b', 'c'),
  priority: fc.constantFrom(-10, 0, 0, 10),
  patience: fc.integer({ min: 1, max: 3_000 }),
})

const commands = [
  someone.map(one =>
    command(`comes ${JSON.stringify(one)}`, (model, real) => {
      const name = `${model.count++}`
      const until = real.clock.now() + one.patience
      const before = model.waiting.size
      const person = { ...one, name, until, leave: () => undefined }
      // It may push out another at once, so it has to be known before.
      model.waiting.set(name, person)
      const { leave } = real.come(name, one)
      if (real.story.at(-1) === `${real.clock.now()} ${name} turned away`) {
        expect(before).toBe(most)
        model.waiting.delete(name)
      } else model.waiting.set(name, { ...person, leave })
    }),
  ),
  fc.nat(5).map(nth =>
    command(`leaves ${nth}`, model => {
      const person = [...model.waiting.values()][nth]
      person?.leave()
      if (person) model.waiting.delete(person.name)
    }),
  ),
  fc
    .record({ target: fc.constantFrom('x', 'y'), count: fc.integer({ min: 1, max: 3 }) })
    .map(({ target, count }) => command(`frees ${count} of ${target}`, (_, real) => real.free(target, count))),
  fc.constantFrom(0, 1, 60, 100, 1_100).map(ms => command(`passes ${ms}`, (_, real) => real.pass(ms))),
  fc.record({ nth: fc.nat(3), well: fc.boolean() }).map(({ nth, well }) =>
    command(`replies ${well}`, async (_, { replies, pass }) => {
      const reply = replies.at(-1 - nth)
      if (well) reply?.take()
      else reply?.refuse()
      await pass(0)
    }),
  ),
]

test('whatever comes, leaves and becomes free: nobody goes without room, out of turn, or waits too long', async () => {
  await fc.assert(
    fc.asyncProperty(fc.commands(commands, { size: '+1' }), async all => {
      const real = hall(most)
      const model = new Model()
      await fc.asyncModelRun(() => ({ model, real }), all)
      // With room for all, all go, and nothing is left behind.
      real.free('x', 1_000)
      real.free('y', 1_000)
      await real.pass(3_100)
      follow(model, real)
      expect([real.turns.size, real.turns.wants('x'), real.clock.waiting()]).toEqual([0, false, 0])
    }),
    { numRuns: 300 },
  )
})
