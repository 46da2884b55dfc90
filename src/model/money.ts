/**
 * Money is an integer. A request's cost is counted in nano-dollars (1e-9 USD): up to 9 million dollars fit a safe
 * integer. A price is in pico-dollars (1e-12 USD) a token, because 0.0375 USD per million tokens is 37.5 nano.
 */
export type NanoUsd = number
export type PicoUsd = number

/** USD per million tokens, as price lists have it, in pico-dollars a token (1 USD per million = 1,000,000). */
export const perMillion = (usd: number): PicoUsd => Math.round(usd * 1e6)

/** A decimal without exponent and without trailing zeros: 1250 -> "0.00000125". */
export function usdText(nano: NanoUsd): string {
  const sign = nano < 0 ? '-' : ''
  const whole = Math.trunc(Math.abs(nano) / 1e9)
  let fraction = Math.abs(nano) % 1e9
  if (fraction === 0) return `${sign}${whole}`
  let digits = 9
  for (; fraction % 10 === 0; digits--) fraction /= 10
  return `${sign}${whole}.${`${fraction}`.padStart(digits, '0')}`
}
