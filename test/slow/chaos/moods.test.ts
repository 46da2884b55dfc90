import { expect, test } from 'bun:test'
import { behaviours } from '../../../src/sim/behave.ts'
import { behavioursOf, moodOf, moods, untried } from './moods.ts'

test('whatever the sim can do comes in a chaos run, or it is said why not', () => {
  const tried = moods.flatMap(behavioursOf)
  expect([...new Set([...tried, ...Object.keys(untried)])].toSorted()).toEqual(Object.keys(behaviours).toSorted())
  expect(tried.filter(name => name in untried)).toEqual([])
})

test('chance decides between all of them', () => {
  const of = (...rolls: readonly number[]) => {
    const left = [...rolls]
    return moodOf(() => left.shift() ?? 0)()
  }
  expect([of(0), of(0.9999), of(0.45), of(0.63, 0), of(0.63, 0.99)]).toEqual([
    '',
    'filtered',
    'pace=4',
    'reset',
    'reset',
  ])
})
