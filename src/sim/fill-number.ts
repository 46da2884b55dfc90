/** A number that lies within a schema's bounds, or `undefined` when none is found. */

import type { Json, JsonObject } from './json.ts'

/** `turn` asks for the next one, where several must differ. */
export function fillNumber(schema: JsonObject, whole: boolean, turn: number): number | undefined {
  const bounds = boundsOf(schema)
  const multiple = positive(schema.multipleOf)
  const step = multiple ?? (whole ? 1 : undefined)
  const value = step === undefined ? between(bounds, turn) : onStep(bounds, step, whole, turn)
  return value !== undefined && lies(value, bounds) ? value : undefined
}

type Bounds = { readonly low: number; readonly high: number; readonly above: number; readonly below: number }

const boundsOf = (schema: JsonObject): Bounds => ({
  low: numberOr(schema.minimum, Number.NEGATIVE_INFINITY),
  high: numberOr(schema.maximum, Number.POSITIVE_INFINITY),
  above: numberOr(schema.exclusiveMinimum, Number.NEGATIVE_INFINITY),
  below: numberOr(schema.exclusiveMaximum, Number.POSITIVE_INFINITY),
})

const lies = (value: number, { low, high, above, below }: Bounds): boolean =>
  value >= low && value <= high && value > above && value < below

function between({ low, high, above, below }: Bounds, turn: number): number {
  const from = Math.max(low, above)
  const to = Math.min(high, below)
  if (from === Number.NEGATIVE_INFINITY && to === Number.POSITIVE_INFINITY) return turn + 1.5
  if (to === Number.POSITIVE_INFINITY) return from + turn + 0.5
  if (from === Number.NEGATIVE_INFINITY) return to - turn - 0.5
  return from === to ? from : from + (to - from) / (turn + 2)
}

/** The first multiple of the step inside the bounds, counted from the bound that there is. */
function onStep(bounds: Bounds, step: number, whole: boolean, turn: number): number | undefined {
  const { low, high, above, below } = bounds
  const from = Math.max(low, above)
  const to = Math.min(high, below)
  const up = from > Number.NEGATIVE_INFINITY || to >= step
  const start = from > Number.NEGATIVE_INFINITY ? Math.ceil(from / step) : up ? 1 : Math.floor(to / step)
  let wanted = turn
  for (let i = 0; i < 1000 + turn; i++) {
    const value = (start + (up ? i : -i)) * step
    if (!lies(value, bounds) || (whole && !Number.isInteger(value))) continue
    if (wanted-- === 0) return value
  }
  return undefined
}

const numberOr = (value: Json | undefined, otherwise: number): number => (typeof value === 'number' ? value : otherwise)

const positive = (value: Json | undefined): number | undefined =>
  typeof value === 'number' && value > 0 ? value : undefined
