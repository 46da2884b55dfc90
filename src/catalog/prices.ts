import type { ModelPrice, TieredPrices } from '@pydantic/genai-prices'
import { type Clock, dateAt } from '../lib/clock.ts'
import { perMillion } from '../model/money.ts'
import type { Price, Tariff } from '../model/price.ts'

/** The price list that is shipped: what models cost, and which models a provider has. */
export type PriceList = {
  /** Undefined is "unknown", which is never the same as free. */
  readonly tariff: (provider: string, model: string) => Tariff | undefined
  readonly models: (provider: string) => readonly string[]
}

/** Prices may depend on the time of day (DeepSeek), so an answer is kept for a minute; asking costs some 40 us. */
const keptMs = 60_000
/** Names come from callers: what is remembered of them is bounded. */
const mostKept = 5_000

/**
 * The list itself: 30 ms and 10 MB, so it is loaded when it is first asked. A house whose prices are all its own does
 * without.
 */
const list = (): typeof import('@pydantic/genai-prices') => require('@pydantic/genai-prices')

/** Reads @pydantic/genai-prices. Its `input_mtok` is USD per million tokens and its tiers replace the price whole. */
export function shippedPrices(clock: Clock): PriceList {
  const kept = new Map<string, { readonly until: number; readonly tariff: Tariff | undefined }>()

  function tariff(provider: string, model: string): Tariff | undefined {
    const name = `${provider}/${model}`
    const known = kept.get(name)
    if (known && known.until > clock.wall()) return known.tariff
    if (kept.size >= mostKept) kept.clear()
    const found = lookUp(provider, model, clock.wall())
    kept.set(name, { until: clock.wall() + keptMs, tariff: found })
    return found
  }

  const models = (provider: string): readonly string[] =>
    list()
      .findProvider({ providerId: provider })
      ?.models.map(m => m.id) ?? []

  return { tariff, models }
}

function lookUp(provider: string, model: string, at: number): Tariff | undefined {
  const { calcPrice, findProvider } = list()
  if (findProvider({ providerId: provider })?.id !== provider) return undefined
  const found = calcPrice({ input_tokens: 1 }, model, { providerId: provider, timestamp: dateAt(at) })
  return found ? toTariff(found.model_price) : undefined
}

function toTariff(prices: ModelPrice): Tariff | undefined {
  const price = priceAt(prices, 0)
  if (!price) return undefined
  const steps = [...new Set(Object.values(prices).flatMap(value => tiersOf(value).map(tier => tier.start)))]
  const longer = steps
    .sort((a, b) => a - b)
    .flatMap(over => {
      const step = priceAt(prices, over)
      return step ? [{ over, price: step }] : []
    })
  return { price, longer }
}

/** The prices for a prompt just longer than `over` tokens. Models without a price for output (embeddings) have none. */
function priceAt(prices: ModelPrice, over: number): Price | undefined {
  const input = usd(prices.input_mtok, over)
  const output = usd(prices.output_mtok, over)
  if (input === undefined && output === undefined) return undefined
  return {
    input: perMillion(input ?? 0),
    cacheRead: perMillion(usd(prices.cache_read_mtok, over) ?? input ?? 0),
    cacheWrite: perMillion(usd(prices.cache_write_mtok, over) ?? input ?? 0),
    output: perMillion(output ?? 0),
    reasoning: perMillion(usd(prices.output_reasoning_mtok, over) ?? output ?? 0),
    source: 'genai-prices 0.1.8',
  }
}

type Amount = number | TieredPrices | undefined

function usd(amount: Amount, over: number): number | undefined {
  if (amount === undefined || typeof amount === 'number') return amount
  return tiersOf(amount).findLast(tier => tier.start <= over && over > 0)?.price ?? amount.base
}

const tiersOf = (amount: Amount) => (typeof amount === 'object' ? amount.tiers : [])
