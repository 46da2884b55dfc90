/** What became of a case, in a word or two that can be counted, and what is wrong with that. */
export type Outcome = { readonly became: string; readonly complaints: readonly string[] }

/** A case and its outcome. The seed and the number bring it back. */
export type Tried = Outcome & {
  readonly number: number
  /** What was hurt. */
  readonly what: string
  /** As it was after that. */
  readonly input: string
}

/** A case that went wrong. */
export type Finding = Pick<Tried, 'number' | 'what'> & { readonly complaint: string }

export const findingsIn = ({ number, what, complaints }: Tried): readonly Finding[] =>
  complaints.map(complaint => ({ number, what, complaint }))

/** How many cases there were of each kind, and what became of them. */
export type Tally = Map<string, number>

export function count(tally: Tally, name: string, more = 1): void {
  tally.set(name, (tally.get(name) ?? 0) + more)
}
