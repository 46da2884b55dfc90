import { describe, expect, test } from 'bun:test'
import { providers } from '../providers/index.ts'
import { type Placed, place } from './places.ts'
import { configOf } from './sample.test-data.ts'

const placed = (config: object, env: Readonly<Record<string, string>> = {}) =>
  new Map(place(configOf(config, env), env).map(each => [each.row.id, each]))

describe('a provider has a place', () => {
  test('if it is known, without a word in the config', () => {
    expect([...placed({}).keys()]).toEqual([...providers.map(row => row.id), 'sim'])
  })

  test('of the operator’s own, before those that are merely known, and in the order of the config', () => {
    const own = { base_url: 'http://10.0.0.5:8000/v1' }
    const ids = [...placed({ providers: { mine: own, groq: {}, another: own } }, { GROQ_API_KEY: 'k' }).keys()]
    expect(ids.slice(0, 4)).toEqual(['mine', 'groq', 'another', 'openai'])
    expect(ids).toHaveLength(providers.length + 3)
  })

  test('unless it is switched off', () => {
    const ids = [...placed({ providers: { openai: { enabled: false }, sim: { enabled: false } } }).keys()]
    expect(ids).not.toContain('openai')
    expect(ids).not.toContain('sim')
  })
})

describe('a provider that takes signatures', () => {
  const aws = { AWS_ACCESS_KEY_ID: 'AKIA1', AWS_SECRET_ACCESS_KEY: 's3cret' }

  test('has credentials where all that it needs is there, and no key', () => {
    const signs = (env: Readonly<Record<string, string>>) => placed({}, env).get('bedrock')?.credentials !== undefined
    expect(signs(aws)).toBe(true)
    expect(signs({ AWS_ACCESS_KEY_ID: 'AKIA1' })).toBe(false)
    expect(signs({ ...aws, AWS_BEARER_TOKEN_BEDROCK: 'k' })).toBe(false)
    expect(placed({}, aws).get('openai')?.credentials).toBeUndefined()
  })

  test('is where the environment says', () => {
    const base = (env: Readonly<Record<string, string>>) => placed({}, env).get('bedrock')?.row.baseUrl
    expect(base({})).toBe('https://bedrock-runtime.us-east-1.amazonaws.com')
    expect(base({ AWS_REGION: '', AWS_DEFAULT_REGION: 'eu-west-1' })).toContain('.eu-west-1.')
  })
})
const keyOf = (placed: Placed | undefined) => placed?.keys[0]?.secret

describe('a key is', () => {
  test('the one of the config, before that of the environment', () => {
    const env = { OPENAI_API_KEY: 'usual', OTHER: 'given' }
    expect(keyOf(placed({ providers: { openai: { keys: ['env:OTHER'] } } }, env).get('openai'))).toBe('given')
    expect(keyOf(placed({}, env).get('openai'))).toBe('usual')
  })

  test('in the first of its usual variables that says anything', () => {
    expect(keyOf(placed({}, { PPLX_API_KEY: 'second' }).get('perplexity'))).toBe('second')
    expect(keyOf(placed({}, { PERPLEXITY_API_KEY: '', PPLX_API_KEY: 'second' }).get('perplexity'))).toBe('second')
  })

  test('none where none was found, and none in the environment for a provider of the operator’s own', () => {
    expect(keyOf(placed({}).get('openai'))).toBeUndefined()
    const own = placed({ providers: { mine: { base_url: 'http://10.0.0.5:8000/v1' } } }, { MINE_API_KEY: 'k' })
    expect(keyOf(own.get('mine'))).toBeUndefined()
  })
})
