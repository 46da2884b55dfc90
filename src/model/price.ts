import type { PicoUsd } from './money.ts'

/** What a token of each bucket costs, in pico-dollars. A bucket without a price of its own costs what it is part of. */
export type Price = {
  readonly input: PicoUsd
  readonly cacheRead: PicoUsd
  readonly cacheWrite: PicoUsd
  readonly output: PicoUsd
  readonly reasoning: PicoUsd
  /** Where the figures come from: a price list's name and version, or `config`. */
  readonly source: string
}

/** What a model costs: a price, and others that replace it whole when a prompt is longer than so many tokens. */
export type Tariff = {
  readonly price: Price
  /** Ascending. */
  readonly longer: readonly { readonly over: number; readonly price: Price }[]
}
