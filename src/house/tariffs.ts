import type { PriceList } from '../catalog/prices.ts'
import type { Config, PriceConfig } from '../config/config.ts'
import { perMillion } from '../model/money.ts'
import type { Tariff } from '../model/price.ts'
import { sim } from '../providers/sim.ts'
import type { Placed } from './places.ts'

/** What a model costs here: the operator's own figure for it, then for its provider, then the price list's. */
export function tariffs(config: Config, placed: ReadonlyMap<string, Placed>, prices: PriceList) {
  const models = new Map(Object.entries(config.pricing.overrides).map(([name, price]) => [name, fromConfig(price)]))
  const providers = new Map([[sim.id, free]])
  for (const [id, { settings }] of placed) if (settings?.price) providers.set(id, fromConfig(settings.price))
  return (provider: string, model: string): Tariff | undefined =>
    models.get(`${provider}/${model}`) ??
    providers.get(provider) ??
    prices.tariff(placed.get(provider)?.row.prices ?? provider, model)
}

const fromConfig = ({ input, output, cache_read, cache_write }: PriceConfig): Tariff => ({
  price: {
    input: perMillion(input),
    cacheRead: perMillion(cache_read ?? input),
    cacheWrite: perMillion(cache_write ?? input),
    output: perMillion(output),
    reasoning: perMillion(output),
    source: 'config',
  },
  longer: [],
})

const free = fromConfig({ input: 0, output: 0 })
