import type { Figure } from './scenarios/run.ts'

/** The figures of a run, asked for by gateway and measure; what was not measured is undefined, never 0. */
export function figuresOf(figures: readonly Figure[]): Figures {
  const valuesOf = (peer: string, measure: string): readonly number[] =>
    figures.filter(one => one.peer === peer && one.measure === measure).map(one => one.value)
  return {
    values: valuesOf,
    median: (peer, measure) => median(valuesOf(peer, measure)),
    ratio: (peer, over, measure) => {
      const [mine, theirs] = [median(valuesOf(peer, measure)), median(valuesOf(over, measure))]
      return mine === undefined || theirs === undefined || theirs === 0 ? undefined : mine / theirs
    },
  }
}

export type Figures = {
  /** In the order of the rounds. */
  readonly values: (peer: string, measure: string) => readonly number[]
  readonly median: (peer: string, measure: string) => number | undefined
  readonly ratio: (peer: string, over: string, measure: string) => number | undefined
}

export function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle]
  if (upper === undefined || sorted.length % 2 === 1) return upper
  return ((sorted[middle - 1] ?? upper) + upper) / 2
}
