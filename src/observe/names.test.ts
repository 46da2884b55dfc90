import { expect, test } from 'bun:test'
import { openNames } from './names.ts'

const everything = () => true
const limits = { models: 2, teams: 2, together: 3 }

test('a model that nobody knows is "other", and nothing at all is nothing', () => {
  const names = openNames((provider, model) => provider === 'p' && model === 'm')
  expect(names.of('p', 'm', 't')).toEqual({ provider: 'p', model: 'm', team: 't' })
  expect(names.of('p', 'invented', 't').model).toBe('other')
  expect(names.of('q', 'm', 't').model).toBe('other')
  expect(names.of(undefined, undefined, undefined)).toEqual({ provider: '', model: '', team: '' })
})

test('the first names keep their own label for good, later ones share "other"', () => {
  const names = openNames(everything, limits)
  const told = ['a', 'b', 'c', 'a'].map(model => names.of('p', model, undefined).model)
  expect(told).toEqual(['a', 'b', 'other', 'a'])
})

test('a model that nobody knows takes no room', () => {
  const names = openNames((_provider, model) => model.startsWith('known'), limits)
  for (let i = 0; i < 10; i++) names.of('p', `invented-${i}`, undefined)
  expect(names.of('p', 'known-1', undefined).model).toBe('known-1')
})

test('the same model at another provider is another one', () => {
  const names = openNames(everything, limits)
  expect(['p', 'q', 'r'].map(provider => names.of(provider, 'm', undefined).model)).toEqual(['m', 'm', 'other'])
})

test('teams are bounded, by themselves and together with models', () => {
  const names = openNames(everything, limits)
  expect(['t', 'u', 'v', 't'].map(team => names.of('p', 'a', team).team)).toEqual(['t', 'u', 'other', 't'])
  expect(['t', 'u', 't'].map(team => names.of('p', 'b', team).team)).toEqual(['t', 'other', 't'])
})
