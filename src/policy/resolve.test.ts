import { describe, expect, test } from 'bun:test'
import { nearest } from '../lib/nearest.ts'
import { Fault } from '../model/fault.ts'
import { type Alias, candidateOf, type Directory, type Reachable } from './directory.ts'
import { namesOf, resolve } from './resolve.ts'
import { manner } from './sample.test-data.ts'

const provider = (id: string, more: Partial<Reachable> = {}): Reachable => ({
  id,
  ready: true,
  keyName: `${id.toUpperCase()}_KEY`,
  keys: [{ id: 'k1', weight: 1 }],
  models: undefined,
  serves: [],
  configured: false,
  listed: [],
  ...more,
})

const alias = (id: string, model: string): Alias => ({
  targets: [{ provider: id, model }],
  candidates: [candidateOf(provider(id), model)],
  manner,
})

const directory: Directory = {
  manner,
  aliases: new Map([
    ['smart', alias('openai', 'gpt-5')],
    ['openai/gpt-5', alias('own', 'llama')],
    ['keyless', { ...alias('groq', 'mixtral'), candidates: [] }],
  ]),
  providers: [
    provider('own', { configured: true, models: ['llama', 'gpt-oss'], listed: ['llama', 'gpt-oss'] }),
    provider('openai', { serves: ['gpt-'], listed: ['gpt-5', 'gpt-5-mini'] }),
    provider('azure', { serves: ['gpt-'], configured: true, ready: false }),
    provider('groq', { ready: false, serves: ['mixtral-'], listed: ['mixtral-8x7b'] }),
    provider('xai', { ready: false, keyName: undefined, serves: ['grok-'] }),
    provider('sim', { models: ['echo'], suffix: '+', listed: ['echo'] }),
  ],
}

const withAny: Directory = { ...directory, providers: [...directory.providers, provider('any', { configured: true })] }
const lonely: Directory = { manner, aliases: new Map(), providers: [provider('openai', { serves: ['gpt-'] })] }

describe('a model’s name leads', () => {
  const cases: readonly (readonly [string, Directory, string, string, string])[] = [
    ['by an alias', directory, 'smart', 'openai/gpt-5', 'alias smart'],
    ['by an alias before a provider of that name', directory, 'openai/gpt-5', 'own/llama', 'alias openai/gpt-5'],
    ['to the provider that it names', directory, 'openai/gpt-6', 'openai/gpt-6', 'provider openai was named'],
    [
      'to a provider with the slashes of the name',
      directory,
      'openai/ft/x',
      'openai/ft/x',
      'provider openai was named',
    ],
    ['with its wishes', directory, 'sim/echo+slow=200', 'sim/echo+slow=200', 'provider sim was named'],
    ['to the provider that lists it', directory, 'gpt-oss', 'own/gpt-oss', 'own lists it'],
    ['to the one whose family it is', lonely, 'gpt-5', 'openai/gpt-5', 'openai serves models of this name'],
    ['to one that takes any name', withAny, 'meta/llama-9', 'any/meta/llama-9', 'any takes any name'],
  ]
  test.each([...cases])('%s', (_, where, asked, target, reason) => {
    const resolved = resolve(asked, where, nearest)
    expect(resolved.targets.map(each => `${each.provider}/${each.model}`)).toEqual([target])
    expect(resolved.reason).toBe(reason)
  })
})

function refusalOf(asking: () => unknown): Fault {
  try {
    asking()
  } catch (error) {
    if (error instanceof Fault) return error
  }
  throw new Error('It was not refused.')
}

describe('a model’s name is refused', () => {
  const cases: readonly (readonly [string, Directory, string, string, string])[] = [
    ['with the nearest names', directory, 'smrat', 'model_not_found', "Did you mean 'smart'?"],
    ['that its provider does not have', directory, 'own/lama', 'model_not_found', "Did you mean 'own/llama'"],
    ['with wishes of a model that is none', directory, 'sim/ecko+slow=1', 'model_not_found', "'sim/ecko+slow=1'"],
    ['that is nobody’s', directory, 'zzzzzzzz', 'model_not_found', 'Name it as provider/model'],
    ['that is empty', directory, 'openai/', 'model_not_found', ''],
    ['whose provider has no key, with the variable to set', directory, 'groq/mixtral-1', 'no_target', 'Set GROQ_KEY'],
    ['of the operator’s own, none of whose providers has a key', directory, 'keyless', 'no_target', 'Set GROQ_KEY'],
    ['whose provider’s family has no key', directory, 'mixtral-1', 'no_target', 'Set GROQ_KEY'],
    ['whose provider has no key and no variable', directory, 'grok-4', 'no_target', 'providers.xai'],
  ]
  test.each([...cases])('%s', (_, where, asked, code, words) => {
    const fault = refusalOf(() => resolve(asked, where, nearest))
    expect([fault.code as string, fault.param]).toEqual([code, 'model'])
    expect(fault.message).toContain(words)
  })

  test('without being repeated at length', () => {
    expect(refusalOf(() => resolve('x'.repeat(5000), directory, () => [])).message.length).toBeLessThan(400)
  })
})

test('a family of names leads to a provider that is ready, before one that is configured and has no key', () => {
  expect(resolve('gpt-9', directory, nearest).targets).toEqual([{ provider: 'openai', model: 'gpt-9' }])
})

test('the names that can be asked for are the aliases and what providers with a key have', () => {
  expect(namesOf(directory)).toEqual([
    'smart',
    'openai/gpt-5',
    'keyless',
    'own/llama',
    'own/gpt-oss',
    'openai/gpt-5',
    'openai/gpt-5-mini',
    'sim/echo',
  ])
})
