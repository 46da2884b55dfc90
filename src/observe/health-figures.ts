import type { BreakerState, PlaceReading, Quantiles } from '../model/health.ts'
import type { Exposition, LabelSet } from './exposition.ts'
import type { Names } from './names.ts'

const states: Readonly<Record<BreakerState, number>> = { closed: 0, 'half-open': 1, open: 2 }

const quantiles: readonly (readonly [string, keyof Quantiles])[] = [
  ['0.5', 'p50'],
  ['0.9', 'p90'],
  ['0.95', 'p95'],
  ['0.99', 'p99'],
]

/** How providers do, read when somebody asks. Where a model is asked with several keys, the worst of them is told. */
export function addHealth(exposition: Exposition, names: Names, places: () => readonly PlaceReading[]): void {
  const targetOf = ({ place }: PlaceReading) => {
    const { provider, model } = names.of(place.provider, place.model, undefined)
    return { provider, model }
  }
  exposition.readAll(
    { name: 'thalamus_breaker_state', type: 'gauge', help: 'Circuit breakers: 0 closed, 1 half-open, 2 open.' },
    () => worst(places().map(each => [targetOf(each), states[each.breaker]])),
  )
  exposition.readAll(
    {
      name: 'thalamus_provider_latency_seconds',
      type: 'gauge',
      help: 'From asking to the end of the reply, in the last sixty seconds.',
    },
    () => worst(places().flatMap(each => latencies(each, targetOf(each)))),
  )
}

function latencies({ minute: { latency } }: PlaceReading, target: LabelSet): readonly (readonly [LabelSet, number])[] {
  if (!latency) return []
  return quantiles.map(([quantile, name]) => [{ ...target, quantile }, latency[name] / 1000])
}

/** The greatest value of each set of labels. */
function worst(all: readonly (readonly [LabelSet, number])[]): Iterable<readonly [LabelSet, number]> {
  const greatest = new Map<string, readonly [LabelSet, number]>()
  for (const one of all) {
    const name = Object.values(one[0]).join('\n')
    if (one[1] >= (greatest.get(name)?.[1] ?? 0)) greatest.set(name, one)
  }
  return greatest.values()
}
