import { describe, expect, test } from 'bun:test'
import { providers } from '../providers/index.ts'
import { simModels } from '../providers/sim.ts'
import { directoryOf } from './directory.ts'
import { place } from './places.ts'
import { configOf } from './sample.test-data.ts'

const listed = (provider: string): readonly string[] => [`a-model-of-${provider}`]

function standing(config: object, env: Readonly<Record<string, string>> = {}) {
  const read = configOf(config, env)
  const directory = directoryOf(read, place(read, env), listed)
  return { directory, of: (id: string) => directory.providers.find(each => each.id === id) }
}

const own = { base_url: 'http://10.0.0.5:8000/v1' }

describe('a provider in the directory', () => {
  test('is ready with its key, or where it needs none, or where the operator says where it is', () => {
    const { of } = standing(
      { providers: { mine: own, groq: { base_url: 'http://10.0.0.6/v1' } } },
      { OPENAI_API_KEY: 'k' },
    )
    const ready = ['openai', 'ollama', 'sim', 'mine', 'groq', 'mistral'].map(id => of(id)?.ready)
    expect(ready).toEqual([true, true, true, true, true, false])
  })

  test('is ready with what its requests are signed with, and then the sim is not needed', () => {
    const { of } = standing({}, { AWS_ACCESS_KEY_ID: 'AKIA1', AWS_SECRET_ACCESS_KEY: 's3cret' })
    expect([of('bedrock')?.ready, of('sim')?.listed]).toEqual([true, []])
    expect(standing({}).of('bedrock')?.ready).toBe(false)
  })

  test('says which variable would make it ready', () => {
    const { of } = standing({})
    expect([of('openai')?.keyName, of('ollama')?.keyName]).toEqual(['OPENAI_API_KEY', undefined])
  })

  test('has the models that its entry lists, or else any, and lists those of the price list', () => {
    const { of } = standing({ providers: { mine: { ...own, models: ['a', 'b'] } } })
    expect([of('mine')?.models, of('mine')?.listed]).toEqual([
      ['a', 'b'],
      ['a', 'b'],
    ])
    expect([of('openai')?.models, of('openai')?.listed]).toEqual([undefined, ['a-model-of-openai']])
    expect(of('xai')?.listed).toEqual(['a-model-of-x-ai'])
  })

  test('is configured only if it has an entry', () => {
    const { of } = standing(
      { providers: { groq: {}, sim: { enabled: true } } },
      { GROQ_API_KEY: 'k', OPENAI_API_KEY: 'k' },
    )
    expect([of('groq')?.configured, of('openai')?.configured, of('sim')?.configured]).toEqual([true, false, false])
  })
})

describe('the models of the sim are listed', () => {
  const cases: readonly (readonly [string, object, Readonly<Record<string, string>>, boolean])[] = [
    ['where there is no other provider', {}, {}, true],
    ['not where another has a key', {}, { OPENAI_API_KEY: 'k' }, false],
    ['not where another has an entry', { providers: { mine: own } }, {}, false],
    ['where the operator wants them', { providers: { sim: { enabled: true } } }, { OPENAI_API_KEY: 'k' }, true],
  ]
  test.each([...cases])('%s', (_, config, env, shown) => {
    const sim = standing(config, env).of('sim')
    expect(sim?.listed).toEqual(shown ? simModels : [])
    expect(sim?.models).toEqual(simModels)
  })
})

test('an alias leads to what it names: a provider, and all that stands after the first slash', () => {
  const models = {
    smart: { targets: ['openai/gpt-5'] },
    deep: { targets: ['mine/ft/x'] },
    'own/name': { targets: ['mine/llama'] },
  }
  const { aliases } = standing({ models, providers: { mine: own } }).directory
  expect(
    [...aliases].map(([name, { targets }]) => [name, ...targets.map(each => `${each.provider} ${each.model}`)]),
  ).toEqual([
    ['smart', 'openai gpt-5'],
    ['deep', 'mine ft/x'],
    ['own/name', 'mine llama'],
  ])
})

test('every row has its place in the directory', () => {
  expect(standing({}).directory.providers.map(each => each.id)).toEqual([...providers.map(row => row.id), 'sim'])
})
