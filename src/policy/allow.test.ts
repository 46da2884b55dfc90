import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Caller } from '../model/caller.ts'
import { matches, mayUse } from './allow.ts'

const callerOf = (...models: readonly string[]): Caller => ({
  keyId: 'key_1',
  keyName: 'dev',
  team: undefined,
  models,
  limits: {},
})

const gpt = { provider: 'openai', model: 'gpt-5' }
const llama = { provider: 'groq', model: 'llama' }

describe('a key may use', () => {
  const cases: readonly (readonly [string, readonly string[], string, (typeof gpt)[], boolean])[] = [
    ['anything with a star', ['*'], 'gpt-5', [gpt], true],
    ['nothing without a glob', [], 'gpt-5', [gpt], false],
    ['an alias by its own name, wherever it leads', ['smart'], 'smart', [llama], true],
    ['a bare name by where it leads', ['openai/*'], 'gpt-5', [gpt], true],
    ['an alias whose every target it may use', ['openai/*', 'groq/*'], 'smart', [gpt, llama], true],
    ['no alias of which one target is not for it', ['openai/*'], 'smart', [gpt, llama], false],
    ['no other provider', ['openai/*'], 'groq/llama', [llama], false],
    ['no alias that leads nowhere', ['openai/*'], 'smart', [], false],
  ]
  test.each([...cases])('%s', (_, models, asked, targets, may) => {
    expect(mayUse(callerOf(...models), asked, targets)).toBe(may)
  })
})

test('a glob matches what the regular expression of it matches', () => {
  const letters = fc.constantFrom('a', 'b', '/', '.', '*', '-', '\n')
  const text = fc.array(letters, { maxLength: 9 }).map(each => each.join(''))
  const asRegExp = (glob: string): RegExp => new RegExp(`^${glob.split('*').map(RegExp.escape).join('[\\s\\S]*')}$`)
  fc.assert(
    fc.property(text, text, (glob, name) => {
      expect(matches(glob, name)).toBe(asRegExp(glob).test(name))
    }),
    { numRuns: 20_000 },
  )
})

test('a glob of many stars is quick with a name that almost matches', () => {
  expect(matches(`${'*a'.repeat(2000)}b`, 'a'.repeat(20_000))).toBe(false)
})
