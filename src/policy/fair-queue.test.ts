import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { FairQueue, type Rank } from './fair-queue.ts'

type Item = Rank & { readonly name: string }

/** `a1 b2+` is the first of a at the usual priority and the second of b at a higher one. */
const item = (name: string): Item => ({ name, caller: name.charAt(0), priority: name.endsWith('+') ? 10 : 0 })

function queueOf(names: string): FairQueue<Item> {
  const queue = new FairQueue<Item>()
  for (const name of names.split(' ').filter(each => each !== '')) queue.add(item(name))
  return queue
}

function drained(queue: FairQueue<Item>, may: (item: Item) => boolean = () => true): string {
  const names: string[] = []
  for (let next = queue.take(may); next; next = queue.take(may)) names.push(next.name)
  return names.join(' ')
}

const orders: readonly (readonly [what: string, come: string, go: string])[] = [
  ['those of one caller go as they came', 'a1 a2 a3', 'a1 a2 a3'],
  ['callers take turns, however many one has', 'a1 a2 a3 a4 b1 c1 b2', 'a1 b1 c1 a2 b2 a3 a4'],
  ['a higher priority goes first, and takes turns of its own', 'a1 b1 a2+ a3+ c1+', 'a2+ c1+ a3+ a1 b1'],
]
test.each([...orders])('%s', (_, come, go) => expect(drained(queueOf(come))).toBe(go))

test('who may not go is passed over, and keeps its place', () => {
  const queue = queueOf('a1 a2 b1 b2')
  expect(drained(queue, ({ name }) => name !== 'a1' && name !== 'b1')).toBe('a2 b2')
  expect(drained(queue)).toBe('a1 b1')
})

test('whose turn was taken is last, although it has others waiting and came first', () => {
  const queue = queueOf('a1 a2 b1')
  expect(queue.take(() => true)?.name).toBe('a1')
  queue.add(item('c1'))
  expect(drained(queue)).toBe('b1 a2 c1')
})

describe('who makes room for a newcomer', () => {
  const cases: readonly (readonly [what: string, waiting: string, newcomer: string, least: string | undefined])[] = [
    ['the last of a lower priority', 'a1 a2 b1 c1+', 'd1+', 'a2'],
    ['nobody of a higher one', 'a1+ a2+', 'b1', undefined],
    ['of its own, the last of the caller with most', 'a1 b1 b2 b3', 'a2', 'b3'],
    ['nobody, if its caller would have as many', 'a1 a2 b1', 'b2', undefined],
    ['nobody, if its caller has most', 'a1 a2 b1', 'a3', undefined],
    ['nobody, if nobody waits', '', 'a1', undefined],
  ]
  test.each([...cases])('%s', (_, waiting, newcomer, least) =>
    expect(queueOf(waiting).least(item(newcomer))?.name).toBe(least),
  )
})

test('as many are in it as came and neither went nor were taken out, and each of them once', () => {
  const step = fc.record({
    what: fc.constantFrom('add', 'add', 'take', 'remove', 'least'),
    caller: fc.constantFrom('a', 'b', 'c'),
    priority: fc.constantFrom(-1, 0, 0.5, 10),
    nth: fc.nat(20),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), steps => {
      const queue = new FairQueue<Item>()
      const waiting: Item[] = []
      const gone: Item[] = []
      const leaves = (left: Item | undefined): void => {
        if (!left) return
        expect(waiting).toContain(left)
        waiting.splice(waiting.indexOf(left), 1)
        gone.push(left)
      }
      steps.forEach(({ what, caller, priority, nth }, n) => {
        const newcomer = { name: `${n}`, caller, priority }
        if (what === 'add') {
          queue.add(newcomer)
          waiting.push(newcomer)
        } else if (what === 'take') {
          const highest = Math.max(...waiting.map(each => each.priority))
          const taken = queue.take(() => true)
          expect(taken?.priority).toBe(waiting.length === 0 ? undefined : highest)
          leaves(taken)
        } else if (what === 'remove') {
          const one = waiting[nth] ?? gone[nth]
          if (one) expect(queue.remove(one)).toBe(waiting.includes(one))
          if (one && waiting.includes(one)) leaves(one)
        } else {
          const least = queue.least(newcomer)
          if (least) expect(least.priority).toBe(Math.min(...waiting.map(each => each.priority)))
        }
        expect(queue.size).toBe(waiting.length)
      })
      expect(drained(queue).split(' ').toSorted()).toEqual(
        waiting.length === 0 ? [''] : waiting.map(w => w.name).toSorted(),
      )
    }),
    { numRuns: 500 },
  )
})
