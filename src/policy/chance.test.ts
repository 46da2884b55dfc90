import { expect, test } from 'bun:test'
import { chanceFor, drawn } from './chance.ts'

const items = ['a', 'b', 'c', 'd'].map((name, n) => ({ name, weight: n + 1 }))
const first = (session: string, among = items) =>
  drawn(
    among,
    item => item,
    chanceFor(session, () => 0.5),
  )[0]?.name

test('a session leads to one place, and sessions to places as their weights say', () => {
  const counts = new Map<string | undefined, number>()
  for (let i = 0; i < 5000; i++) {
    const name = first(`session ${i}`)
    expect(first(`session ${i}`)).toBe(name as string)
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  for (const { name, weight } of items) expect(counts.get(name)).toBeWithin(weight * 500 - 150, weight * 500 + 150)
})

test('when a place is gone, only its own sessions move', () => {
  const left = items.filter(({ name }) => name !== 'd')
  for (let i = 0; i < 500; i++) {
    const before = first(`session ${i}`)
    if (before !== 'd') expect(first(`session ${i}`, left)).toBe(before as string)
  }
})

test('without a session it is chance', () => {
  const numbers = [0.9, 0.1, 0.5, 0.3]
  const order = drawn(
    ['a', 'b', 'c', 'd'],
    name => ({ name, weight: 1 }),
    chanceFor(undefined, () => numbers.shift() ?? 0),
  )
  expect(order).toEqual(['b', 'd', 'c', 'a'])
})
