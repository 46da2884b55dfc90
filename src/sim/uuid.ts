/** An identifier in the form of a UUID that depends on a number alone. */

import { mix } from './chance.ts'

export function uuid(seed: number): string {
  const hex = [1, 2, 3, 4].map(nth => mix(seed, nth).toString(16).padStart(8, '0')).join('')
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20)].join('-')
}
