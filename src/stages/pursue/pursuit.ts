import { plainText } from '../../lib/byte-text.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Signal } from '../../lib/leaving.ts'
import type { Visit } from '../../line.ts'
import type { Letter } from '../../model/call.ts'
import type { Chat } from '../../model/chat.ts'
import { Fault } from '../../model/fault.ts'
import type { Happening } from '../../model/happening.ts'
import type { Outcome as Ending, Place } from '../../model/health.ts'
import { noteNumbers } from '../../model/numbers.ts'
import { type Leg, type Plan, sameTarget, type Target } from '../../model/plan.ts'
import type { Try } from '../../model/record.ts'
import type { Started } from '../../ports/health.ts'
import { Attempt } from './attempt.ts'
import { exhausted } from './exhausted.ts'
import { Failed } from './failed.ts'
import type { Failure, Start } from './outcome.ts'
import { pause } from './pause.ts'
import type { Walk } from './run-plan.ts'
import { sound } from './sound.ts'
import type { Telling } from './telling.ts'
import type { PursueWorld } from './world.ts'

export type Pursuing = {
  readonly plan: Plan
  readonly letter: Letter
  readonly visit: Visit
  readonly world: PursueWorld
  readonly chat: () => Chat
  /** What is to be gone on with, where a stream broke off. */
  readonly continuing?: Telling
}

/** One walk along a plan, as this house walks it. */
export class Pursuit implements Walk {
  readonly plan: Plan
  readonly until: number
  readonly clock: Clock
  readonly signal: Signal
  readonly standsBy: boolean
  readonly of: Pursuing

  constructor(of: Pursuing) {
    const { plan, letter, visit, world } = of
    this.of = of
    this.plan = plan
    this.clock = world.clock
    this.signal = visit.signal
    this.until = visit.diary.arrived + plan.waits.total
    this.standsBy = plan.standby && letter.call.stream && letter.call.operation === 'chat'
  }

  /** Begins a try, if the place may be asked now. */
  open(leg: Leg, start: Start): Attempt | undefined {
    const { letter, visit, world, chat, continuing } = this.of
    const { target } = leg
    const route = world.route(target.provider, visit.dialect.id, leg.key)
    const started = route && world.health.begin(placeOf(leg))
    if (!route || !started) return undefined
    for (const change of started.changes) world.tell(change, visit)
    const why = whyOf(leg, start, visit)
    if (start.after) world.tell(moved(leg, start.after, { why, waitedMs: start.waitedMs, visit }), visit)
    visit.diary.target = target
    return new Attempt({
      leg,
      start: { waitedMs: start.waitedMs, why: continuing && why === 'first' ? 'standby' : why },
      standby: this.standsBy,
      continuing,
      target,
      route,
      letter,
      chat,
      waits: this.plan.waits,
      dialer: world.dialer,
      until: this.until,
      beginBy: beginBy(leg, this),
      visit,
      clock: this.clock,
      fetchFile: world.fetchFile,
      over: reported.bind(undefined, started, visit, world),
    })
  }

  wait(leg: Leg, ms: number, ring: () => void): () => void {
    const { letter, visit, world } = this.of
    const { clock, queue, health } = world
    return pause(ms, ring, {
      leg,
      standing: health.standing(placeOf(leg)),
      plan: this.plan,
      letter,
      visit,
      clock,
      queue,
    })
  }

  mayHedge(): boolean {
    return this.of.world.hedges.take(this.plan.hedgeShare)
  }

  hedged({ target }: Leg, result: (Happening & { readonly type: 'hedge' })['result']): void {
    this.of.world.tell({ type: 'hedge', target, result }, this.of.visit)
  }

  exhausted(failures: readonly Failure[]): Fault {
    return exhausted(failures, this.of.visit.diary.tries, { plan: this.plan, restMs: restOf(this.plan, this.of.world) })
  }
}

/** Bound to what it needs alone: it lives as long as a try's reply, and must hold nothing of what was asked. */
function reported(started: Started, visit: Visit, { health, tell }: PursueWorld, outcome: Ending): void {
  for (const change of health.report(started, outcome)) tell(change, visit)
}

const placeOf = ({ target: { provider, model }, key = 'k1' }: Leg): Place => ({ provider, model, key })

/** After a failure, a place that was asked before is a retry, and any other a failover. */
const whyOf = (leg: Leg, { why, after }: Start, { diary }: Visit): Start['why'] =>
  after ? againOf(leg, diary.tries) : why

const againOf = ({ target, key }: Leg, tries: readonly Try[]): Start['why'] =>
  tries.some(each => sameTarget(each.target, target) && each.key === key) ? 'retry' : 'failover'

type Move = Pick<Start, 'why' | 'waitedMs'> & { readonly visit: Visit }

function moved({ target, key }: Leg, { leg: from, verdict }: Failure, { why, waitedMs, visit }: Move): Happening {
  const { kind: reason } = verdict
  const status = visit.diary.tries.at(-1)?.status
  if (why === 'retry') return { type: 'retry', target, key, reason, status, waitedMs }
  return { type: 'failover', from: from.target, fromKey: from.key, to: target, toKey: key, reason, status, waitedMs }
}

/** One that says nothing leaves half of the time to the targets that were not asked yet. */
function beginBy({ target }: Leg, { plan, until, clock, of: { visit } }: Pursuit): number {
  for (const leg of plan.legs)
    if (!sameTarget(leg.target, target) && !wasAsked(leg.target, visit)) return (clock.now() + until) / 2
  return until
}

const wasAsked = (target: Target, { diary }: Visit): boolean =>
  diary.tries.some(each => sameTarget(each.target, target))

/** How long until the first of the places may be asked again. */
function restOf({ legs }: Plan, { health, clock }: PursueWorld): number | undefined {
  const now = clock.now()
  const rests = legs.map(leg => health.standing(placeOf(leg)).freeAt - now).filter(ms => ms > 0 && ms < Infinity)
  return rests.length === 0 ? undefined : Math.min(...rests)
}

/** The letter, understood once. What is wrong with it is the caller's fault, whichever target it was for. */
export function understood(letter: Letter, { dialect }: Visit): () => Chat {
  let chat: Chat | undefined
  return () => {
    try {
      chat ??= read(letter, dialect)
      return chat
    } catch (error) {
      throw error instanceof Fault ? new Failed(error, 'callers_fault') : error
    }
  }
}

function read({ body, text }: Letter, { request }: Visit['dialect']): Chat {
  noteNumbers(body, text, plainText)
  return sound(request.understand(body), request.nouns.format ?? 'format')
}
