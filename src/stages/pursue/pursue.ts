import type { Clock } from '../../lib/clock.ts'
import type { Visit } from '../../line.ts'
import type { Letter } from '../../model/call.ts'
import { Fault } from '../../model/fault.ts'
import type { Happening } from '../../model/happening.ts'
import { type Leg, type Plan, sameTarget, type Target } from '../../model/plan.ts'
import type { Source } from '../../model/source.ts'
import { canContinue } from './continued.ts'
import { keptAlive } from './keep-alive.ts'
import { type Pursuing, Pursuit, understood } from './pursuit.ts'
import { inTurn, type Queue, type Queuing } from './queue.ts'
import { runPlan } from './run-plan.ts'
import { type Standby, withoutStandby, withStandby } from './standby.ts'
import type { PursueWorld } from './world.ts'

/** Walks the plan's legs until a provider has begun to answer, or until a stream has to show that it is alive. */
export function pursue(plan: Plan, letter: Letter, visit: Visit, world: PursueWorld): Promise<Source> {
  visit.diary.asks(world.clock.now())
  const pursued = new Pursued(plan, letter, visit, world)
  const pursuit = inTurn(pursued)
  const { keepAliveMs } = world
  if (keepAliveMs === undefined || !letter.call.stream || letter.call.array) return pursuit
  return alive(pursuit, keepAliveMs, pursued)
}

const alive = (pursuit: Promise<Source>, everyMs: number, { clock, visit }: Pursued): Promise<Source> =>
  keptAlive({
    pursuit,
    everyMs,
    clock,
    dialect: visit.dialect.id,
    leave: () => void pursuit.then(closed, () => undefined),
  })

const closed = (source: Source): void => (source.type === 'stream' ? source.close() : undefined)

/** One request that wants its turn. */
class Pursued implements Queuing {
  readonly plan: Plan
  readonly letter: Letter
  readonly visit: Visit
  readonly #world: PursueWorld

  constructor(plan: Plan, letter: Letter, visit: Visit, world: PursueWorld) {
    this.plan = plan
    this.letter = letter
    this.visit = visit
    this.#world = world
  }

  get clock(): Clock {
    return this.#world.clock
  }

  get queue(): Queue | undefined {
    return this.#world.queue
  }

  tell(happening: Happening): void {
    this.#world.tell(happening, this.visit)
  }

  go(plan: Plan): Promise<Source> {
    return walk(plan, this.letter, this.visit, this.#world)
  }
}

function walk(plan: Plan, letter: Letter, visit: Visit, world: PursueWorld): Promise<Source> {
  world.hedges.earn(plan.hedgeShare)
  const pursuit = new Pursuit({ plan, letter, visit, world, chat: understood(letter, visit) })
  if (pursuit.standsBy) return standingBy(pursuit)
  return plan.standby && letter.call.stream ? standingAlone(pursuit) : runPlan(pursuit)
}

async function standingAlone(pursuit: Pursuit): Promise<Source> {
  const { visit, world } = pursuit.of
  const source = await runPlan(pursuit)
  const { target } = visit.diary
  return target ? withoutStandby(source, target, happening => world.tell(happening, visit)) : source
}

async function standingBy(pursuit: Pursuit): Promise<Source> {
  return withStandby(await runPlan(pursuit), standbyOf(pursuit))
}

/** The other targets of the plan, as far as there are tries left; those that have broken off already come last. */
function standbyOf({ plan, of }: Pursuit): Standby {
  const { visit, world } = of
  const broke: Target[] = []
  return {
    clock: world.clock,
    lullMs: plan.waits.idle / 2,
    warm: () => warm(othersThan(visit.diary.target, plan)[0], of),
    tell: happening => world.tell(happening, visit),
    allows: () => allows(of),
    async goOn({ telling, from }) {
      broke.push(from)
      const others = othersThan(from, plan)
      const fresh = others.filter(leg => !broke.some(each => sameTarget(each, leg.target)))
      const legs = [...fresh, ...others.filter(leg => !fresh.includes(leg))]
      const { race: _, ...rest } = plan
      visit.diary.usage = undefined
      const tries = Math.max(0, plan.tries - visit.diary.tries.length)
      return runPlan(new Pursuit({ ...of, plan: { ...rest, legs, tries }, continuing: telling }))
    },
  }
}

const othersThan = (from: Target | undefined, { legs }: Plan): readonly Leg[] =>
  firstOfEach(legs.filter(({ target }) => !from || !sameTarget(target, from)))

/** Whether others know all that was said before, and can be asked for no more than the rest of one text. */
function allows({ letter, visit, chat }: Pursuing): boolean {
  if ((visit.dialect.keeping?.references(letter.outline) ?? []).length > 0) return false
  try {
    return canContinue(chat())
  } catch (error) {
    // What only its own provider understands can be told to nobody else.
    if (error instanceof Fault) return false
    throw error
  }
}

/** Opens a connection to where a leg would be asked. */
function warm(leg: Leg | undefined, { letter, visit, world }: Pursuing): void {
  const route = leg && world.route(leg.target.provider, visit.dialect.id, leg.key)
  if (route) world.warm?.(route.url({ ...letter.call, array: false, model: leg.target.model }))
}

/** One leg a target, and none of them waits. */
const firstOfEach = (legs: readonly Leg[]): readonly Leg[] =>
  legs
    .filter((leg, n) => legs.findIndex(each => sameTarget(each.target, leg.target)) === n)
    .map(({ target, key }) => (key === undefined ? { target } : { target, key }))
