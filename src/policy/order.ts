import type { Standing } from '../model/health.ts'
import { type Chance, drawn } from './chance.ts'
import type { Candidate, Manner, Spot, Weigh } from './directory.ts'

/** A candidate as it stands now: the places at which it may be asked, the first choice first. */
export type Contender = {
  readonly candidate: Candidate
  readonly spots: readonly Seen[]
  /** The first choice's: by it the candidates are compared. */
  readonly standing: Standing
}

export type Seen = { readonly spot: Spot; readonly standing: Standing }

export type OrderWorld = {
  readonly stream: boolean
  readonly chance: Chance
  /** What the request would cost there, about; undefined where nobody knows the price. */
  readonly cost: (candidate: Candidate) => number | undefined
}

/** Below this a target goes behind those that do well: two failures of few tries, before a breaker says anything. */
const unwell = 0.7

/** Who is to be asked first, by strategy and by how well each does of late. */
export function order(contenders: readonly Contender[], manner: Manner, world: OrderWorld): readonly Contender[] {
  if (contenders.length < 2) return contenders
  switch (manner.strategy) {
    case 'ordered':
    case 'race':
      return ranked(contenders, isUnwell)
    case 'weighted':
      return drawn(contenders, shareOf, world.chance)
    case 'latency':
      return ranked(contenders, each => slowness(each, world.stream))
    case 'cost':
      return ranked(
        ranked(contenders, each => world.cost(each.candidate) ?? Infinity),
        isUnwell,
      )
    case 'score':
      return ranked(contenders, scored(contenders, manner.weigh, world))
    default:
      return manner.strategy satisfies never
  }
}

/** The least first; those that are equal stay as they stood. Most often all stand in order already. */
function ranked(contenders: readonly Contender[], by: (contender: Contender) => number): readonly Contender[] {
  const ranks = contenders.map(by)
  if (ranks.every((rank, n) => rank >= (ranks[n - 1] ?? rank))) return contenders
  return contenders
    .map((contender, n) => ({ contender, rank: ranks[n] ?? 0 }))
    .sort((a, b) => (a.rank < b.rank ? -1 : Number(a.rank > b.rank)))
    .map(({ contender }) => contender)
}

const isUnwell = ({ standing }: Contender): number => Number(standing.reliability < unwell)

/** A target that fails gets less than its share; a square, because a failed try costs a second one. */
const shareOf = ({ candidate, standing }: Contender) => ({
  name: `${candidate.target.provider}/${candidate.target.model}`,
  weight: candidate.weight * standing.reliability ** 2,
})

/** The median of what a caller waits for. */
const medianOf = ({ standing }: Contender, stream: boolean): number | undefined =>
  (stream ? standing.firstToken : standing.latency)?.p50

/** A target that nobody knows is tried, by one request at a time. */
function slowness(contender: Contender, stream: boolean): number {
  const median = medianOf(contender, stream)
  if (median === undefined) return contender.standing.inFlight === 0 ? 0 : Infinity
  return median / contender.standing.reliability ** 2
}

/** The better, the more below zero: what counts is weighed between the best and the worst of the candidates at hand. */
function scored(contenders: readonly Contender[], weigh: Weigh, { cost, stream }: OrderWorld) {
  const cheap = goodness(contenders.map(({ candidate }) => cost(candidate)))
  const quick = goodness(contenders.map(each => medianOf(each, stream)))
  // Nothing evaluates answers yet: all are of one quality.
  const score = (n: number): number => weigh.cost * (cheap[n] ?? 0) + weigh.latency * (quick[n] ?? 0) + weigh.quality
  return (contender: Contender): number => -score(contenders.indexOf(contender)) * contender.standing.reliability ** 2
}

/** 1 for the least of the values, 0 for the greatest; what is not known lies in the middle. */
function goodness(values: readonly (number | undefined)[]): readonly number[] {
  const known = values.filter(value => value !== undefined)
  const least = Math.min(...known)
  const span = Math.max(...known) - least
  return values.map(value => (value === undefined ? 0.5 : span === 0 ? 1 : 1 - (value - least) / span))
}
