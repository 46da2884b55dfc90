import { expect, test } from 'bun:test'
import type { PriceList } from '../catalog/prices.ts'
import { place } from './places.ts'
import { configOf } from './sample.test-data.ts'
import { tariffs } from './tariffs.ts'

const listed = (provider: string, model: string) => ({
  price: { input: 1, cacheRead: 1, cacheWrite: 1, output: 1, reasoning: 1, source: `${provider}/${model}` },
  longer: [],
})
const list: PriceList = {
  tariff: (provider, model) => (model === 'none' ? undefined : listed(provider, model)),
  models: () => [],
}

function tariffOf(config: object, provider: string, model: string) {
  const placed = new Map(place(configOf(config), {}).map(each => [each.row.id, each]))
  return tariffs(configOf(config), placed, list)(provider, model)
}

const own = { base_url: 'http://10.0.0.5:8000/v1', price: { input: 0.5, output: 2, cache_read: 0.05 } }
const overrides = { 'openai/gpt-5': { input: 1, output: 10 }, 'mine/llama': { input: 3, output: 4, cache_write: 5 } }
const config = { providers: { mine: own }, pricing: { overrides } }

test('the operator’s figure for a model comes first, then the one for its provider, then the price list', () => {
  expect(tariffOf(config, 'mine', 'llama')?.price).toEqual({
    input: 3_000_000,
    cacheRead: 3_000_000,
    cacheWrite: 5_000_000,
    output: 4_000_000,
    reasoning: 4_000_000,
    source: 'config',
  })
  expect(tariffOf(config, 'mine', 'other')?.price).toMatchObject({
    input: 500_000,
    cacheRead: 50_000,
    cacheWrite: 500_000,
  })
  expect(tariffOf(config, 'openai', 'gpt-5')?.price).toMatchObject({ output: 10_000_000, source: 'config' })
  expect(tariffOf(config, 'openai', 'gpt-4')?.price.source).toBe('openai/gpt-4')
})

test('a provider whose prices stand under another name is looked up by that', () => {
  expect(tariffOf({}, 'xai', 'grok-4')?.price.source).toBe('x-ai/grok-4')
})

test('what nobody knows is unknown', () => {
  expect(tariffOf(config, 'openai', 'none')).toBeUndefined()
})

test('the sim is free, unless the operator says what it costs', () => {
  expect(tariffOf({}, 'sim', 'echo')?.price).toMatchObject({ input: 0, output: 0, reasoning: 0 })
  const priced = { providers: { sim: { price: { input: 1, output: 1 } } } }
  expect(tariffOf(priced, 'sim', 'echo')?.price.input).toBe(1_000_000)
})
