import type { Clock } from '../../lib/clock.ts'
import type { Dialer } from '../../lib/dial.ts'
import type { Visit } from '../../line.ts'
import type { Letter } from '../../model/call.ts'
import type { Chat } from '../../model/chat.ts'
import { Fault } from '../../model/fault.ts'
import type { Happening } from '../../model/happening.ts'
import type { Place } from '../../model/health.ts'
import type { Leg, Plan, Target } from '../../model/plan.ts'
import type { Source } from '../../model/source.ts'
import type { Health } from '../../ports/health.ts'
import { attempt } from './attempt.ts'
import type { Begun } from './begun.ts'
import { canContinue } from './continued.ts'
import { exhausted } from './exhausted.ts'
import { Failed } from './failed.ts'
import type { FetchFile } from './files.ts'
import type { Hedges } from './hedges.ts'
import { keptAlive } from './keep-alive.ts'
import type { Failure, Going, Start } from './outcome.ts'
import { pause } from './pause.ts'
import { inTurn, type Queue } from './queue.ts'
import type { Route } from './route.ts'
import { runPlan } from './run-plan.ts'
import { sound } from './sound.ts'
import { type Standby, withStandby } from './standby.ts'
import type { Telling } from './telling.ts'

export type PursueWorld = {
  readonly clock: Clock
  readonly fetchFile: FetchFile
  readonly health: Health
  readonly hedges: Hedges
  /** Where requests wait for their turn; nobody waits for others if left out. */
  readonly queue?: Queue | undefined
  readonly dialer?: Dialer | undefined
  /** Opens a connection to where a URL points, without asking for anything. Left out where there is a proxy in between. */
  readonly warm?: ((url: string) => void) | undefined
  /** The pause between two signs of life of a stream that has not begun; none are given if left out. */
  readonly keepAliveMs?: number | undefined
  /** The way to a provider for a caller of a dialect, with one of its keys; its first if none is named. */
  route(provider: string, dialect: string, key: string | undefined): Route | undefined
  /** Is told of every decision, when it is taken. */
  tell(happening: Happening, visit: Visit): void
}

/** Walks the plan's legs until a provider has begun to answer, or until a stream has to show that it is alive. */
export function pursue(plan: Plan, letter: Letter, visit: Visit, world: PursueWorld): Promise<Source> {
  const { clock, keepAliveMs: everyMs } = world
  const began = clock.now()
  let waiting = true
  const begun = (): void => {
    if (waiting) visit.diary.waited += clock.now() - began
    waiting = false
  }
  const go = (now: Plan): Promise<Source> => walk(now, letter, visit, world)
  const tell = (happening: Happening): void => world.tell(happening, visit)
  const { queue } = world
  const going = queue ? inTurn({ plan, letter, visit, clock, queue, tell, go }) : go(plan)
  const pursuit = going.then(
    source => {
      begun()
      return source
    },
    error => {
      begun()
      throw error
    },
  )
  if (everyMs === undefined || !letter.call.stream || letter.call.array) return pursuit
  const leave = (): void => void pursuit.then(closed, () => undefined)
  return keptAlive({ pursuit, everyMs, clock, dialect: visit.dialect.id, begun, leave })
}

const closed = (source: Source): void => (source.type === 'stream' ? source.close() : undefined)

function walk(plan: Plan, letter: Letter, visit: Visit, world: PursueWorld): Promise<Source> {
  const { hedges } = world
  const pursuit: Pursuit = {
    plan,
    letter,
    visit,
    world,
    until: visit.diary.arrived + plan.waits.total,
    chat: understood(letter, visit),
  }
  hedges.earn(plan.hedgeShare)
  const begun = run(plan, pursuit)
  return standsBy(pursuit) ? begun.then(source => withStandby(source, standbyOf(pursuit))) : begun
}

function run(plan: Plan, pursuit: Pursuit): Promise<Begun> {
  const { visit, world, until } = pursuit
  return runPlan({
    plan,
    clock: world.clock,
    until,
    signal: visit.signal,
    open: (leg, start) => open(leg, start, pursuit),
    wait: (leg, ms, ring) => waitAt(leg, ms, ring, pursuit),
    mayHedge: () => world.hedges.take(plan.hedgeShare),
    hedged: (leg, result) => world.tell({ type: 'hedge', target: leg.target, result }, visit),
    exhausted: failures => exhausted(failures, visit.diary.tries, restOf(plan, world)),
  })
}

const standsBy = ({ plan, letter: { call } }: Pursuit): boolean =>
  plan.standby && call.stream && call.operation === 'chat'

/** The other targets of the plan, as far as there are tries left; those that have broken off already come last. */
function standbyOf(pursuit: Pursuit): Standby {
  const { plan, visit, world } = pursuit
  const broke: Target[] = []
  return {
    clock: world.clock,
    lullMs: plan.waits.idle / 2,
    warm: () => warm(othersThan(visit.diary.target, plan)[0], pursuit),
    tell: happening => world.tell(happening, visit),
    allows: () => allows(pursuit),
    async goOn({ telling, from }) {
      broke.push(from)
      const others = othersThan(from, plan)
      const fresh = others.filter(leg => !broke.some(each => sameTarget(each, leg.target)))
      const legs = [...fresh, ...others.filter(leg => !fresh.includes(leg))]
      const { race: _, ...rest } = plan
      visit.diary.usage = undefined
      const tries = Math.max(0, plan.tries - visit.diary.tries.length)
      return run({ ...rest, legs, tries }, { ...pursuit, continuing: telling })
    },
  }
}

const othersThan = (from: Target | undefined, { legs }: Plan): readonly Leg[] =>
  firstOfEach(legs.filter(({ target }) => !from || !sameTarget(target, from)))

/** Whether others know all that was said before, and can be asked for no more than the rest of one text. */
function allows({ letter, visit, chat }: Pursuit): boolean {
  if (visit.dialect.keeping?.previous(letter.outline) !== undefined) return false
  try {
    return canContinue(chat())
  } catch (error) {
    // What only its own provider understands can be told to nobody else.
    if (error instanceof Fault) return false
    throw error
  }
}

/** Opens a connection to where a leg would be asked. */
function warm(leg: Leg | undefined, { letter, visit, world }: Pursuit): void {
  const route = leg && world.route(leg.target.provider, visit.dialect.id, leg.key)
  if (route) world.warm?.(route.url({ ...letter.call, array: false, model: leg.target.model }))
}

/** One leg a target, and none of them waits. */
const firstOfEach = (legs: readonly Leg[]): readonly Leg[] =>
  legs
    .filter((leg, n) => legs.findIndex(each => sameTarget(each.target, leg.target)) === n)
    .map(({ target, key }) => (key === undefined ? { target } : { target, key }))

type Pursuit = {
  readonly plan: Plan
  readonly letter: Letter
  readonly visit: Visit
  readonly world: PursueWorld
  readonly until: number
  readonly chat: () => Chat
  /** What is to be gone on with, where a stream broke off. */
  readonly continuing?: Telling
}

/** Begins a try, if the place may be asked now. */
function open(leg: Leg, start: Start, pursuit: Pursuit): Going | undefined {
  const { plan, letter, visit, world, until, chat } = pursuit
  const { clock, health } = world
  const { target } = leg
  const route = world.route(target.provider, visit.dialect.id, leg.key)
  const started = route && health.begin(placeOf(leg))
  if (!route || !started) return undefined
  const tell = (happening: Happening): void => world.tell(happening, visit)
  started.changes.forEach(tell)
  const why = whyOf(leg, start, visit)
  if (start.after) tell(moved(leg, start.after, { why, waitedMs: start.waitedMs, visit }))
  visit.diary.target = target
  return attempt({
    leg,
    start: { ...start, why: pursuit.continuing && why === 'first' ? 'standby' : why },
    standby: standsBy(pursuit),
    continuing: pursuit.continuing,
    target,
    route,
    letter,
    chat,
    waits: plan.waits,
    dialer: world.dialer,
    until,
    beginBy: beginBy(leg, pursuit),
    visit,
    clock,
    fetchFile: world.fetchFile,
    over: outcome => health.report(started, outcome).forEach(tell),
  })
}

function waitAt(leg: Leg, ms: number, ring: () => void, { plan, letter, visit, world }: Pursuit): () => void {
  const { clock, queue, health } = world
  return pause(ms, ring, { leg, standing: health.standing(placeOf(leg)), plan, letter, visit, clock, queue })
}

const placeOf = ({ target, key = 'k1' }: Leg): Place => ({ ...target, key })

const sameTarget = (one: Target, other: Target): boolean => one.provider === other.provider && one.model === other.model

/** After a failure, a place that was asked before is a retry, and any other a failover. */
function whyOf({ target, key }: Leg, { why, after }: Start, { diary }: Visit): Start['why'] {
  if (!after) return why
  return diary.tries.some(each => sameTarget(each.target, target) && each.key === key) ? 'retry' : 'failover'
}

type Move = Pick<Start, 'why' | 'waitedMs'> & { readonly visit: Visit }

function moved({ target, key }: Leg, { leg: from, verdict }: Failure, { why, waitedMs, visit }: Move): Happening {
  const { kind: reason } = verdict
  const status = visit.diary.tries.at(-1)?.status
  if (why === 'retry') return { type: 'retry', target, key, reason, status, waitedMs }
  return { type: 'failover', from: from.target, fromKey: from.key, to: target, toKey: key, reason, status, waitedMs }
}

/** One that says nothing leaves half of the time to the targets that were not asked yet. */
function beginBy({ target }: Leg, { plan, visit, until, world }: Pursuit): number {
  const asked = (one: Target): boolean =>
    sameTarget(one, target) || visit.diary.tries.some(each => sameTarget(each.target, one))
  const othersLeft = plan.legs.some(leg => !asked(leg.target))
  return othersLeft ? (world.clock.now() + until) / 2 : until
}

/** How long until the first of the places may be asked again. */
function restOf({ legs }: Plan, { health, clock }: PursueWorld): number | undefined {
  const now = clock.now()
  const rests = legs.map(leg => health.standing(placeOf(leg)).freeAt - now).filter(ms => ms > 0 && ms < Infinity)
  return rests.length === 0 ? undefined : Math.min(...rests)
}

/** The letter, understood once. What is wrong with it is the caller's fault, whichever target it was for. */
function understood(letter: Letter, { dialect }: Visit): () => Chat {
  let chat: Chat | undefined
  return () => {
    try {
      chat ??= sound(dialect.request.understand(letter.body), dialect.request.nouns.format ?? 'format')
      return chat
    } catch (error) {
      throw error instanceof Fault ? new Failed(error, 'callers_fault') : error
    }
  }
}
