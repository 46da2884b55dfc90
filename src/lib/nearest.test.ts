import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { nearest } from './nearest.ts'

const names = ['openai/gpt-5', 'openai/gpt-5-mini', 'groq/llama-3', 'sim/echo', 'smart']

const cases: readonly (readonly [string, string[]])[] = [
  ['openai/gpt-6', ['openai/gpt-5']],
  ['OpenAI/GPT-5-Mini', ['openai/gpt-5', 'openai/gpt-5-mini']],
  ['gpt-5', ['openai/gpt-5', 'openai/gpt-5-mini']],
  ['smrat', ['smart']],
  ['sim/ecko', ['sim/echo']],
  ['quite another thing', []],
  ['', []],
]

test.each([...cases])('near to %p is %p', (written, near) => {
  expect(nearest(written, names).toSorted()).toEqual(near)
})

test.each([
  ['OPENAI_API_KEY', ['_', 'A', 'AP', 'OPENAI_KEY']],
  ['sim/ech', ['h', 'm/']],
  ['ech', ['h', 'xy']],
  ['k', ['key', 'b']],
])('%p is near to no name only because that is short', (written, all) => {
  expect(nearest(written, all).filter(name => name.length < 4)).toEqual([])
})

test('the nearest comes first, and of the equally near the first by name', () => {
  expect(nearest('cats', ['dots', 'cat-x', 'cots', 'bats'])).toEqual(['bats', 'cots', 'cat-x'])
})

test('no more are named than were asked for', () => {
  expect(nearest('model-1', ['model-2', 'model-3', 'model-4', 'model-5'], 2)).toEqual(['model-2', 'model-3'])
})

test('a name is found near itself with one letter changed, and never one that is further than a third of it', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z]{6,20}$/), fc.nat(19), (name, at) => {
      const i = at % name.length
      const wrong = `${name.slice(0, i)}_${name.slice(i + 1)}`
      expect(nearest(wrong, [name])).toEqual([name])
      expect(nearest(wrong, ['0'.repeat(name.length)])).toEqual([])
    }),
  )
})
