import type { Leg } from '../model/plan.ts'
import type { Candidate, Hedge, Manner, Retry } from './directory.ts'
import type { Contender, Seen } from './order.ts'

export type LegsWorld = { readonly stream: boolean; readonly random: () => number }

/**
 * The list of tries. Each place once: the keys of a target, then the next target; where it is hedged, another target
 * directly after the first. Then each target again with a pause, as often as it may be asked.
 */
export function legsOf(contenders: readonly Contender[], { retry, hedge }: Manner, world: LegsWorld): readonly Leg[] {
  const first: Leg[] = []
  for (const { candidate, spots } of contenders) for (const seen of spots) first.push(legOf(candidate, seen))
  return again(hedge ? hedged(first, contenders, hedge, world) : first, contenders, retry, world)
}

function legOf({ target }: Candidate, { spot: { key } }: Seen, backoffMs?: number): Leg {
  const leg: { -readonly [Field in keyof Leg]: Leg[Field] } = { target }
  if (key !== undefined) leg.key = key
  if (backoffMs !== undefined) leg.backoffMs = backoffMs
  return leg
}

/** Without a wait that is known there is no hedge: a target that has not answered yet has no quantiles. */
function hedged(
  first: readonly Leg[],
  contenders: readonly Contender[],
  hedge: Hedge,
  world: LegsWorld,
): readonly Leg[] {
  const [main, ...rest] = first
  const hedgeAfterMs = contenders[0] && patience(contenders[0], hedge, world.stream)
  if (!main || hedgeAfterMs === undefined || hedge.max < 1) return first
  if (contenders.length === 1) {
    const [other = main, ...left] = rest
    return [main, { ...other, hedgeAfterMs }, ...left]
  }
  const chosen: Leg[] = []
  const left: Leg[] = []
  for (const leg of rest) {
    const isAnother = leg.target !== main.target && chosen.every(each => each.target !== leg.target)
    if (isAnother && chosen.length < hedge.max) chosen.push({ ...leg, hedgeAfterMs })
    else left.push(leg)
  }
  return [main, ...chosen, ...left]
}

function patience({ standing }: Contender, { after }: Hedge, stream: boolean): number | undefined {
  if (typeof after === 'number') return after
  return (stream ? standing.firstToken : standing.latency)?.[after]
}

/** Then all again, as often as they may be asked. The next round of a target goes to its next key. */
function again(
  first: readonly Leg[],
  contenders: readonly Contender[],
  retry: Retry,
  { random }: LegsWorld,
): readonly Leg[] {
  const legs = [...first]
  for (let round = 1; round < retry.attempts; round++) {
    for (const { candidate, spots } of contenders) {
      const seen = spots[round % spots.length]
      if (seen) legs.push(legOf(candidate, seen, backoff(round, retry, random)))
    }
  }
  return legs
}

/** Full jitter: anything up to the pause, so that those who failed together do not come back together. */
const backoff = (round: number, { baseMs, maxMs }: Retry, random: () => number): number =>
  Math.round(random() * Math.min(maxMs, baseMs * 2 ** (round - 1)))
