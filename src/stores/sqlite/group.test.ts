import { expect, test } from 'bun:test'
import { fakeClock } from '../../../test/fakes/clock.ts'
import { groupOf, type Outcome } from './group.ts'

/** A group whose place of writing is a list, and is locked as long as a test says so. */
function setUp(options: { most?: number; room?: number } = {}) {
  const clock = fakeClock()
  const groups: number[][] = []
  const desk = { locked: false, refuse: new Set<number>(), lockOnly: new Set<number>() }
  const outcome = (row: number): Outcome => {
    if (desk.locked || desk.lockOnly.has(row)) return 'locked'
    return desk.refuse.has(row) ? new Error(`no ${row}`) : 'written'
  }
  const write = (rows: readonly number[]) => {
    groups.push([...rows])
    return rows.map(outcome)
  }
  const group = groupOf<number>({ write, clock, most: 100, room: 1000, patienceMs: 5000, ...options })
  return { ...group, clock, groups, desk }
}

const turn = () => new Promise<void>(resolve => setImmediate(resolve))

test('rows of one turn are written together, and none before the turn is over', async () => {
  const { append, groups } = setUp()
  const all = Promise.all([append(1), append(2), append(3)])
  expect(groups).toEqual([])
  await all
  expect(groups).toEqual([[1, 2, 3]])
  await append(4)
  expect(groups).toEqual([[1, 2, 3], [4]])
})

test('a long queue is written in several groups, in its order', async () => {
  const { append, groups } = setUp({ most: 2 })
  await Promise.all([1, 2, 3, 4, 5].map(append))
  expect(groups).toEqual([[1, 2], [3, 4], [5]])
})

test('a row that is refused rejects alone', async () => {
  const { append, desk } = setUp()
  desk.refuse.add(2)
  const settled = await Promise.allSettled([append(1), append(2), append(3)])
  expect(settled.map(each => each.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
})

test('a locked database is asked again later, with what came meanwhile, in order', async () => {
  const { append, desk, clock, groups } = setUp()
  desk.locked = true
  const first = append(1)
  await turn()
  const second = append(2)
  await turn()
  expect(groups).toEqual([[1]])
  expect(clock.waiting()).toBe(1)
  desk.locked = false
  clock.advance(10)
  await Promise.all([first, second])
  expect(groups).toEqual([[1], [1, 2]])
})

test('rows that found a lock are written before those behind them', async () => {
  const { append, desk, clock, groups } = setUp({ most: 2 })
  desk.locked = true
  const all = Promise.all([1, 2, 3].map(append))
  await turn()
  desk.locked = false
  clock.advance(10)
  await all
  expect(groups).toEqual([[1, 2], [1, 2], [3]])
})

test('of a group that is locked in part only the rest is asked again', async () => {
  const { append, desk, clock, groups } = setUp()
  desk.lockOnly.add(2)
  const all = Promise.all([append(1), append(2), append(3)])
  await turn()
  desk.lockOnly.clear()
  clock.advance(10)
  await all
  expect(groups).toEqual([[1, 2, 3], [2]])
})

test('those who wait for a lock are refused when patience ends, and later ones get a patience of their own', async () => {
  const { append, desk, clock } = setUp()
  desk.locked = true
  const refused = append(1).catch(String)
  await turn()
  clock.advance(4990)
  const alsoRefused = append(2).catch(String)
  clock.advance(20)
  expect(await refused).toContain('locked for 5000 ms')
  expect(await alsoRefused).toContain('locked')
  const later = append(3)
  await turn()
  clock.advance(3000)
  desk.locked = false
  clock.advance(10)
  await later
})

test('more rows than there is room for are refused at once', async () => {
  const { append } = setUp({ room: 2 })
  const settled = await Promise.allSettled([append(1), append(2), append(3)])
  expect(settled.map(each => each.status)).toEqual(['fulfilled', 'fulfilled', 'rejected'])
  await append(4)
})

test('closing waits for the rows that were asked for, and refuses those after', async () => {
  const { append, close, groups } = setUp()
  const row = append(1)
  const closed = close()
  expect(await append(2).catch(String)).toContain('closed')
  await closed
  expect(groups).toEqual([[1]])
  await row
})
