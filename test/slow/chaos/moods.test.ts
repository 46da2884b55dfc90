import { expect, test } from 'bun:test'
import { behaviours } from '../../../src/sim/behave.ts'
import { nameOf } from './asks.ts'
import { behavioursOf, moodOf, moods, untried } from './moods.ts'

const total = moods.reduce((sum, { weight }) => sum + weight, 0)
const shareOfTheFirst = (moods[0]?.weight ?? 0) / total

test('whatever the sim can do comes in a chaos run, or it is said why not', () => {
  const tried = moods.flatMap(behavioursOf)
  expect([...new Set([...tried, ...Object.keys(untried)])].toSorted()).toEqual(Object.keys(behaviours).toSorted())
  expect(tried.filter(name => name in untried)).toEqual([])
})

test('chance decides between all of them, by their weight', () => {
  const rolls = Array.from({ length: 5_000 }, (_, nth) => nth / 5_000)
  const came = rolls.map(roll => moodOf(() => roll)())
  const names = new Set(came.flatMap(does => does.split(',')).map(nameOf))
  expect(moods.flatMap(behavioursOf).filter(name => !names.has(name))).toEqual([])
  expect(came.filter(does => does === '').length / rolls.length).toBeCloseTo(shareOfTheFirst, 2)
})
