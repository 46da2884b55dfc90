import type { NanoUsd } from '../model/money.ts'
import type { Price, Tariff } from '../model/price.ts'
import type { Usage } from '../model/usage.ts'

/** The price that applies to a call: long prompts cost more with some providers, and then for every token. */
export function priceFor(usage: Usage, tariff: Tariff): Price {
  const prompt = usage.input + usage.cacheRead + usage.cacheWrite
  for (let n = tariff.longer.length - 1; n >= 0; n--) {
    const step = tariff.longer[n]
    if (step && prompt > step.over) return step.price
  }
  return tariff.price
}

/** What a call cost. Summed exactly in pico-dollars and rounded once, half up, to nano-dollars. */
export function costOf(usage: Usage, price: Price): NanoUsd {
  const pico =
    usage.input * price.input +
    usage.cacheRead * price.cacheRead +
    usage.cacheWrite * price.cacheWrite +
    usage.output * price.output +
    usage.reasoning * price.reasoning
  return Math.round(pico / 1000)
}
