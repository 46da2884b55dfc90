import { describe, expect, test } from 'bun:test'
import { findProvider } from '@pydantic/genai-prices'
import manifest from '../../package.json'
import { fakeClock } from '../../test/fakes/clock.ts'
import { providers } from '../providers/index.ts'
import { shippedPrices } from './prices.ts'

const noon = Date.parse('2026-11-22T12:00:00Z')
const prices = shippedPrices(fakeClock(noon))

describe('the price list', () => {
  test('has what OpenAI publishes for gpt-4o-mini: 0.15, 0.075 cached and 0.60 USD per million', () => {
    const price = { input: 150_000, cacheRead: 75_000, cacheWrite: 150_000, output: 600_000, reasoning: 600_000 }
    expect(prices.tariff('openai', 'gpt-4o-mini')).toEqual({
      price: { ...price, source: expect.stringContaining('genai-prices') as unknown as string },
      longer: [],
    })
  })

  test('names the version that package.json pins', () => {
    const source = `genai-prices ${manifest.dependencies['@pydantic/genai-prices']}`
    expect(prices.tariff('openai', 'gpt-4o-mini')?.price.source).toBe(source)
  })

  test('has a model without a price for output', () => {
    expect(prices.tariff('openai', 'text-embedding-3-small')?.price).toMatchObject({ input: 20_000, output: 0 })
  })

  test('replaces the price whole for a long prompt, and never beneath its step', () => {
    const tariff = prices.tariff('google', 'gemini-2.5-pro')
    expect(tariff?.price).toMatchObject({ input: 1_250_000, output: 10_000_000 })
    expect(tariff?.longer.map(step => [step.over, step.price.input, step.price.output])).toEqual([
      [200_000, 2_500_000, 15_000_000],
    ])
  })

  const unknown: readonly (readonly [string, string])[] = [
    ['openai', 'a-model-that-is-none'],
    ['acme', 'gpt-4o-mini'],
    ['', 'gpt-4o-mini'],
    ['openai', ''],
  ]
  test.each([...unknown])('does not know %p/%p, which is not the same as free', (provider, model) => {
    expect(prices.tariff(provider, model)).toBeUndefined()
  })

  test('lists the models of a provider, and none of a stranger', () => {
    expect(prices.models('openai')).toContain('gpt-4o-mini')
    expect(prices.models('acme')).toEqual([])
  })

  test('knows every provider that a row sends to it by another name', () => {
    for (const { prices: id } of providers) if (id !== undefined) expect(findProvider({ providerId: id })?.id).toBe(id)
  })
})

test('a price is asked for anew when its minute is over: it may depend on the time of day', () => {
  const clock = fakeClock(noon)
  const list = shippedPrices(clock)
  const first = list.tariff('openai', 'gpt-4o-mini')
  clock.advance(59_999)
  expect(list.tariff('openai', 'gpt-4o-mini')).toBe(first as NonNullable<typeof first>)
  clock.advance(1)
  const second = list.tariff('openai', 'gpt-4o-mini')
  expect(second).not.toBe(first as NonNullable<typeof first>)
  expect(second).toEqual(first as NonNullable<typeof first>)
})

test('what is remembered of the names that callers send is bounded', () => {
  const clock = fakeClock(noon)
  const list = shippedPrices(clock)
  const first = list.tariff('openai', 'gpt-4o-mini')
  for (let i = 0; i < 5000; i++) list.tariff('acme', `model-${i}`)
  expect(list.tariff('openai', 'gpt-4o-mini')).not.toBe(first as NonNullable<typeof first>)
})
