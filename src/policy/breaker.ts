import type { BreakerState } from '../model/health.ts'

/** When a breaker opens and how long it stays so. Times are in milliseconds. */
export type BreakerRule = {
  readonly windowMs: number
  /** Below this many tries in the window it says nothing. */
  readonly minRequests: number
  /** The share of them that may fail: at this share it opens. */
  readonly failureRate: number
  readonly openForMs: number
}

/**
 * What a breaker remembers. Closed, it counts; open, it waits; half-open, it lets so many trials in at once. It is a
 * value: each step makes the next from what happened, the rule and the time.
 */
export type Breaker = Closed | Open | HalfOpen

type Closed = { readonly type: 'closed'; readonly counts: readonly Count[] }
type Open = { readonly type: 'open'; readonly until: number }
type HalfOpen = {
  readonly type: 'half-open'
  /** Which opening these are the trials of: the moment at which it was over. */
  readonly of: number
  readonly running: number
  readonly well: number
  /** From then on the trials count as lost, and others may begin. */
  readonly lostAt: number
}

type Count = { readonly from: number; readonly well: number; readonly badly: number }

/** So many trials at once, and so many that must do well; one that does badly opens the breaker again. */
export const trials = 2

/** A window is counted in so many parts. */
const parts = 10

export const closed: Breaker = { type: 'closed', counts: [] }

/** A try let in; `trial` says of which opening it is a trial. */
export type LetIn = { readonly breaker: Breaker; readonly trial: number | undefined }

/** A try asks to begin. Undefined if it may not. */
export function begin(breaker: Breaker, rule: BreakerRule, now: number): LetIn | undefined {
  if (breaker.type === 'closed') return { breaker, trial: undefined }
  if (breakerFreeAt(breaker) > now) return undefined
  const of = breaker.type === 'open' ? breaker.until : breaker.of
  const before = breaker.type === 'half-open' && breaker.lostAt > now ? breaker.running : 0
  const well = breaker.type === 'half-open' ? breaker.well : 0
  return { breaker: { type: 'half-open', of, running: before + 1, well, lostAt: now + rule.openForMs }, trial: of }
}

/** How a try ended: `well` is undefined where that says nothing of the place. */
export type Ended = { readonly trial: number | undefined; readonly well: boolean | undefined }

/** A try is over. What began before the breaker opened changes nothing while it is not closed. */
export function end(breaker: Breaker, { trial, well }: Ended, rule: BreakerRule, now: number): Breaker {
  switch (breaker.type) {
    case 'closed':
      return well === undefined ? breaker : counted(breaker, well, rule, now)
    case 'open':
      return breaker
    case 'half-open':
      return trial === breaker.of ? tried(breaker, well, rule, now) : breaker
    default:
      return breaker satisfies never
  }
}

function counted({ counts }: Closed, well: boolean, rule: BreakerRule, now: number): Breaker {
  const recent = added(since(counts, now - rule.windowMs), well, now, rule.windowMs / parts)
  return well ? { type: 'closed', counts: recent } : weighed(recent, rule, now)
}

function weighed(recent: readonly Count[], rule: BreakerRule, now: number): Breaker {
  const badly = recent.reduce((sum, count) => sum + count.badly, 0)
  const all = recent.reduce((sum, count) => sum + count.badly + count.well, 0)
  const opens = all >= rule.minRequests && badly >= rule.failureRate * all
  return opens ? { type: 'open', until: now + rule.openForMs } : { type: 'closed', counts: recent }
}

/** Every reply is counted: what can stay as it is, stays. */
const since = (counts: readonly Count[], moment: number): readonly Count[] =>
  counts[0] && counts[0].from <= moment ? countsAfter(counts, moment) : counts

const countsAfter = (counts: readonly Count[], moment: number): readonly Count[] =>
  counts.filter(count => count.from > moment)

function added(counts: readonly Count[], well: boolean, now: number, partMs: number): readonly Count[] {
  const last = counts.at(-1)
  const fresh = last === undefined || now - last.from >= partMs
  const { from, ...sums } = fresh ? { from: now, well: 0, badly: 0 } : last
  const next = { from, well: sums.well + Number(well), badly: sums.badly + Number(!well) }
  return fresh ? [...counts, next] : counts.with(-1, next)
}

function tried(breaker: HalfOpen, well: boolean | undefined, rule: BreakerRule, now: number): Breaker {
  if (well === false) return { type: 'open', until: now + rule.openForMs }
  const done = breaker.well + Number(well === true)
  return done >= trials ? closed : { ...breaker, running: Math.max(0, breaker.running - 1), well: done }
}

/** From when a try may begin; the past if it may now. */
export function breakerFreeAt(breaker: Breaker): number {
  switch (breaker.type) {
    case 'closed':
      return Number.NEGATIVE_INFINITY
    case 'open':
      return breaker.until
    case 'half-open':
      return breaker.running < trials ? Number.NEGATIVE_INFINITY : breaker.lostAt
    default:
      return breaker satisfies never
  }
}

/** As it is shown: an opening that is over waits for its trials. */
export const breakerState = (breaker: Breaker, now: number): BreakerState =>
  breaker.type === 'open' && breaker.until <= now ? 'half-open' : breaker.type
