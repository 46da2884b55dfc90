import type { Clock } from '../../lib/clock.ts'
import type { Visit } from '../../line.ts'
import type { Letter } from '../../model/call.ts'
import type { Standing } from '../../model/health.ts'
import type { Leg, Plan } from '../../model/plan.ts'
import { nameOf, type Queue } from './queue.ts'
import type { Waiter } from './turns.ts'

export type Pausing = {
  readonly leg: Leg
  readonly standing: Standing
  readonly plan: Plan
  readonly letter: Letter
  readonly visit: Visit
  readonly clock: Clock
  readonly queue: Queue | undefined
}

/**
 * Rings when a request that was refused may try again: after so long, or, where its place is left alone by all, when it
 * is its turn. So those who were refused together do not come back together. The answer cancels it.
 */
export function pause(ms: number, ring: () => void, pausing: Pausing): () => void {
  const { clock, queue, plan, letter, visit, standing, leg } = pausing
  const alone = (): (() => void) => clock.after(ms, ring)
  if (!queue || !isHeld(standing, plan, clock.now())) return alone()
  let cancel: (() => void) | undefined
  const target = nameOf(leg.target)
  const begin = (): undefined => {
    ring()
    return undefined
  }
  const waiter: Waiter = {
    priority: letter.priority ?? 0,
    caller: visit.diary.caller?.keyId ?? '',
    lane: `${target}\n${leg.key ?? ''}`,
    targets: [target],
    until: Math.min(clock.now() + Math.max(ms, plan.maxWaitMs), visit.diary.arrived + plan.waits.total),
    ready: () => (isHeld(standing, plan, clock.now()) ? standing.freeAt - clock.now() : { target, begin }),
    late: ring,
    // It has been let in before, so it is not turned away: it comes back by itself.
    gaveWay() {
      cancel = alone()
    },
  }
  cancel = queue.turns.enter(waiter, queue.most) ?? alone()
  return () => cancel?.()
}

/** Whether the place itself is what has to be waited for, and for no longer than this request may wait. */
const isHeld = ({ hindrance, hint, freeAt }: Standing, plan: Plan, now: number): boolean =>
  hindrance !== undefined &&
  !hint &&
  !(hindrance === 'limit' && !plan.respectRetryAfter) &&
  freeAt - now <= plan.maxWaitMs
