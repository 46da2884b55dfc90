import type { Letter } from '../model/call.ts'
import type { Caller } from '../model/caller.ts'
import { Fault } from '../model/fault.ts'
import type { Hindrance, Place, Standing } from '../model/health.ts'
import type { Leg, Plan, Target, Waits } from '../model/plan.ts'
import type { Tariff } from '../model/price.ts'
import { mayUse } from './allow.ts'
import { type Chance, chanceFor, drawn } from './chance.ts'
import type { Candidate, Manner, Spot } from './directory.ts'
import { legsOf } from './legs.ts'
import { type Contender, order, type Seen } from './order.ts'
import { costOf, priceFor } from './price.ts'
import type { Resolved } from './resolve.ts'

/** What is known when a plan is made. */
export type PlanWorld = {
  /** Where a model's name leads. Throws a Fault if it leads nowhere. */
  readonly resolve: (model: string) => Resolved
  /** On the measuring clock, as the standings are. */
  readonly now: () => number
  /** From 0 (in) to 1 (out). */
  readonly random: () => number
  readonly standing: (place: Place) => Standing
  readonly tariff: (provider: string, model: string) => Tariff | undefined
}

/** So many race at most. */
const mostRacers = 3

/**
 * What to do for a letter: pure, from what is known now. Refuses a model that this key may not use with `forbidden`, and
 * with `no_target` where no place may be asked within the wait that is allowed; `leftMs` is what a request that has waited
 * already may still wait.
 */
export function plan(letter: Letter, caller: Caller, world: PlanWorld, leftMs = Infinity): Plan {
  const { model, stream } = letter.call
  const { targets, candidates, manner, reason } = world.resolve(model)
  if (!mayUse(caller, model, targets)) throw forbidden(model)
  const { retry, standby } = manner
  const chance = chanceFor(letter.session, world.random)
  const waits = shortened(manner.waits, letter.patienceMs)
  const bound = boundTo(letter.boundTo, candidates)
  if (bound.length === 0) throw elsewhere(model, letter.boundTo)
  const mostMs = Math.min(retry.maxWaitMs, waits.total, leftMs)
  const { contenders, waitMs } = available(bound, retry, mostMs, chance, world)
  const ordered = contenders.length < 2 ? contenders : inOrder(contenders, manner, chance, letter, world)
  const legs = legsOf(ordered, manner, { stream, random: world.random })
  const planned: Plan = {
    legs: waitMs === 0 ? legs : later(legs, waitMs),
    waits,
    reason,
    tries: retry.attempts + ordered.length,
    standby,
    respectRetryAfter: retry.respectRetryAfter,
    maxWaitMs: retry.maxWaitMs,
    hedgeShare: manner.hedgeShare,
    coalesce: manner.coalesce,
  }
  const racing = manner.strategy === 'race' && !stream
  if (!racing && waitMs === 0) return planned
  return {
    ...planned,
    ...(racing && { race: Math.min(mostRacers, ordered.length) }),
    ...(waitMs > 0 && { queue: { freeInMs: waitMs, targets: bound.map(({ target }) => target) } }),
  }
}

function inOrder(
  contenders: readonly Contender[],
  manner: Manner,
  chance: Chance,
  letter: Letter,
  world: PlanWorld,
): readonly Contender[] {
  return order(contenders, manner, {
    stream: letter.call.stream,
    chance,
    cost: ({ target }) => aboutCost(letter, target, world),
  })
}

const forbidden = (model: string): Fault =>
  new Fault('forbidden', `This key may not use the model '${model}'. Ask for one that GET /v1/models lists.`, {
    param: 'model',
  })

const elsewhere = (model: string, provider = ''): Fault =>
  new Fault(
    'invalid_request',
    `The reply that this request continues is kept by ${provider}, which does not serve '${model}'. Ask a model of ${provider}, or ask with "store": true from the first turn on.`,
    { param: 'previous_response_id' },
  )

const boundTo = (provider: string | undefined, candidates: readonly Candidate[]): readonly Candidate[] =>
  provider === undefined ? candidates : candidatesOf(provider, candidates)

const candidatesOf = (provider: string, candidates: readonly Candidate[]): readonly Candidate[] =>
  candidates.filter(({ target }) => target.provider === provider)

/** A caller may wait for less than the operator would, never for more. */
const shortened = (waits: Waits, patienceMs: number | undefined): Waits =>
  patienceMs === undefined || patienceMs >= waits.total ? waits : { ...waits, total: patienceMs }

/** Who may be asked, and after which wait. */
type Available = { readonly contenders: readonly Contender[]; readonly waitMs: number }

/**
 * The candidates with the places that are free. When none is: those whose limit only looks used up, because nobody waits for
 * a hint. Then the ones that are free soonest, if that is soon enough; and before a request is refused, those whose key was.
 */
function available(
  candidates: readonly Candidate[],
  { respectRetryAfter }: Manner['retry'],
  mostMs: number,
  chance: Chance,
  world: PlanWorld,
): Available {
  const all: Contender[] = []
  let free = true
  for (const candidate of candidates) {
    const contender = seen(candidate, chance, world)
    all.push(contender)
    for (const { standing } of contender.spots) free &&= !hinders(standing, respectRetryAfter)
  }
  return free ? { contenders: all, waitMs: 0 } : freed(all, respectRetryAfter, mostMs, world.now())
}

/** Whether something stands in the way that is heeded. */
const hinders = ({ hindrance }: Standing, respectRetryAfter: boolean): boolean =>
  hindrance !== undefined && (hindrance !== 'limit' || respectRetryAfter)

/** Where not all are free. */
function freed(all: readonly Contender[], respectRetryAfter: boolean, mostMs: number, now: number): Available {
  const waitOf = (standing: Standing): number => {
    if (!hinders(standing, respectRetryAfter)) return 0
    // Time does not mend a key: one that is refused is not waited for.
    return standing.hindrance === 'key' ? Infinity : standing.freeAt - now
  }
  const within = (ms: number) => all.flatMap(each => narrowed(each, standing => waitOf(standing) <= ms))
  const free = within(0)
  if (free.length > 0) return { contenders: free, waitMs: 0 }
  const hinted = all.flatMap(each => narrowed(each, looksEmpty))
  if (hinted.length > 0) return { contenders: hinted, waitMs: 0 }
  const waitMs = Math.min(...all.flatMap(({ spots }) => spots.map(({ standing }) => waitOf(standing))))
  if (waitMs <= mostMs) return { contenders: within(waitMs), waitMs }
  const refused = all.flatMap(each => narrowed(each, ({ hint }) => hint))
  if (refused.length > 0) return { contenders: refused, waitMs: 0 }
  throw noneFree(all, waitMs)
}

/** A gauge at zero; nobody was refused for it. */
const looksEmpty = ({ hindrance, hint }: Standing): boolean => hint && hindrance === 'limit'

function seen(candidate: Candidate, chance: Chance, world: PlanWorld): Contender {
  const spots: Seen[] = []
  for (const spot of drawn(candidate.spots, byKey, chance)) spots.push({ spot, standing: world.standing(spot.place) })
  return contender(candidate, spots)
}

const byKey = ({ place, weight }: Spot) => ({ name: `${place.provider}/${place.key}`, weight })

/** A provider has one key at least, if only one that is not asked for. */
function contender(candidate: Candidate, spots: readonly Seen[]): Contender {
  const [first] = spots
  if (!first) throw new Fault('internal', `${candidate.target.provider} has no place to be asked at.`)
  return { candidate, spots, standing: first.standing }
}

/** A candidate with those of its places that will do; none if there are none. */
function narrowed({ candidate, spots }: Contender, will: (standing: Standing) => boolean): readonly Contender[] {
  const left = spots.filter(({ standing }) => will(standing))
  return left.length === 0 ? [] : [contender(candidate, left)]
}

/** Nothing begins before the wait is over. */
const later = (legs: readonly Leg[], waitMs: number): readonly Leg[] =>
  legs.map(leg => ({ ...leg, backoffMs: Math.max(waitMs, leg.backoffMs ?? 0) }))

const whys: Readonly<Record<Hindrance, string>> = {
  breaker: 'failed too often of late',
  limit: 'is at its limit',
  'own-limit': 'has used up what its keys may have in a minute',
  key: 'does not accept its key',
}

function noneFree(all: readonly Contender[], waitMs: number): Fault {
  const told = all.map(({ candidate: { target }, standing }) => {
    const why = standing.hindrance === undefined ? 'cannot be asked' : whys[standing.hindrance]
    return `${target.provider}/${target.model} ${why}`
  })
  const seconds = Math.ceil(waitMs / 1000)
  return new Fault('no_target', `Nobody can be asked now: ${told.join(', ')}. Try again in ${seconds} s.`, {
    retryAfterMs: waitMs,
  })
}

/** Four characters are about a token of the prompt, and this is what a reply may be. */
const charactersPerToken = 4
const replyTokens = 500

/** Only for comparing targets with each other. */
function aboutCost({ text }: Letter, { provider, model }: Target, { tariff }: PlanWorld): number | undefined {
  const found = tariff(provider, model)
  const input = Math.ceil(text.length / charactersPerToken)
  const usage = { input, cacheRead: 0, cacheWrite: 0, output: replyTokens, reasoning: 0 }
  return found && costOf(usage, priceFor(usage, found))
}
