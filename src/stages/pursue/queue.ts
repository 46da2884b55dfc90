import type { Clock } from '../../lib/clock.ts'
import type { Visit } from '../../line.ts'
import type { Letter } from '../../model/call.ts'
import { Fault } from '../../model/fault.ts'
import type { Happening } from '../../model/happening.ts'
import type { Plan, Target } from '../../model/plan.ts'
import type { Source } from '../../model/source.ts'
import type { Turn, Turns, Waiter } from './turns.ts'

export type Queue = {
  readonly turns: Turns
  /** How many may wait. */
  readonly most: number
  /** A plan by what is known now, for a request that may wait for so long yet. Throws a Fault where there is none. */
  plan(letter: Letter, visit: Visit, leftMs: number): Plan
}

export type Queuing = {
  readonly plan: Plan
  readonly letter: Letter
  readonly visit: Visit
  readonly clock: Clock
  /** Nobody waits for others if left out. */
  readonly queue: Queue | undefined
  tell(happening: Happening): void
  /** Carries out a plan; its first try begins before this returns. */
  go(plan: Plan): Promise<Source>
}

type Queued = Queuing & { readonly queue: Queue }

/**
 * Carries out a plan when it is its turn: at once, unless no place is free, others wait for the one that is, or every place
 * was taken since the plan was made.
 */
export function inTurn(queuing: Queuing): Promise<Source> {
  if (mustWait(queuing)) return new Waiting(queuing).source
  const going = queuing.go(queuing.plan)
  // A try that has begun had a place.
  return isQueued(queuing) && queuing.visit.diary.tries.length === 0 ? unlessTaken(going, queuing) : going
}

async function unlessTaken(going: Promise<Source>, queuing: Queued): Promise<Source> {
  try {
    return await going
  } catch (error) {
    if (!wasTaken(error, queuing)) throw error
    return await new Waiting(queuing).source
  }
}

const isQueued = (queuing: Queuing): queuing is Queued => queuing.queue !== undefined

function mustWait(queuing: Queuing): queuing is Queued {
  if (!isQueued(queuing)) return false
  const { plan, queue } = queuing
  return plan.queue !== undefined || isWaitedFor(plan, queue)
}

function isWaitedFor({ legs }: Plan, { turns }: Queue): boolean {
  const [first] = legs
  return turns.size > 0 && first !== undefined && turns.wants(nameOf(first.target))
}

/** No place let it begin, and it may wait. */
const wasTaken = (error: unknown, { plan, visit: { diary } }: Queuing): boolean =>
  error instanceof Fault && error.code === 'no_target' && diary.tries.length === 0 && plan.maxWaitMs !== 0

export const nameOf = ({ provider, model }: Target): string => `${provider}/${model}`

type Result = (Happening & { readonly type: 'queue' })['result']

/** One request in the queue: it goes, its time is over, its caller leaves, or it has to make room. */
class Waiting implements Waiter {
  readonly priority: number
  readonly caller: string
  readonly lane: string
  readonly targets: readonly string[]
  readonly until: number
  readonly #queuing: Queued
  readonly #since: number
  readonly #end = Promise.withResolvers<Source>()
  readonly #leave: (() => void) | undefined
  readonly #left = (): void => this.#gone()

  constructor(queuing: Queued) {
    const { plan, letter, visit, clock, queue } = queuing
    this.#queuing = queuing
    this.#since = clock.now()
    this.priority = letter.priority ?? 0
    this.caller = visit.diary.caller?.keyId ?? ''
    this.lane = `${letter.call.model}\n${letter.boundTo ?? ''}`
    this.targets = (plan.queue?.targets ?? plan.legs.map(leg => leg.target)).map(nameOf)
    this.until = Math.min(this.#since + plan.maxWaitMs, visit.diary.arrived + plan.waits.total)
    visit.signal.addEventListener('abort', this.#left, { once: true })
    this.#leave = queue.turns.enter(this, queue.most)
    if (!this.#leave) this.#shed()
    else if (visit.signal.aborted) this.#gone()
  }

  get source(): Promise<Source> {
    return this.#end.promise
  }

  /** By a plan as things stand now. A wait that is no use any more is over, too. */
  ready(): Turn | number {
    const { letter, visit, clock, queue } = this.#queuing
    try {
      const plan = queue.plan(letter, visit, this.until - clock.now())
      return plan.queue?.freeInMs ?? this.#turn(plan)
    } catch (error) {
      return { begin: () => this.#refuse(error) }
    }
  }

  /** It is asked for once more what there is: a limit that is no more than a hint refuses nobody. */
  late(): void {
    const last = this.ready()
    if (typeof last === 'number') this.#refuse(full(last))
    else void last.begin()
  }

  gaveWay(): void {
    this.#over('gave_way')
    this.#shed()
  }

  #turn(plan: Plan): Turn {
    const [first] = plan.legs
    return { target: first && nameOf(first.target), begin: () => this.#go(plan) }
  }

  #go(plan: Plan): Promise<Source> {
    const queuedMs = this.#over('went')
    const going = this.#queuing.go({ ...plan, queuedMs })
    this.#end.resolve(going)
    return going
  }

  #refuse(error: unknown): undefined {
    this.#over('late')
    this.#end.reject(error)
    return undefined
  }

  #gone(): void {
    this.#leave?.()
    this.#over('left')
    this.#end.reject(new Fault('client_closed', 'The caller left.'))
  }

  #shed(): void {
    const { plan, visit } = this.#queuing
    visit.signal.removeEventListener('abort', this.#left)
    this.#queuing.tell({ type: 'shed', reason: 'queue' })
    this.#end.reject(full(plan.queue?.freeInMs))
  }

  /** How long it has waited. */
  #over(result: Result): number {
    const { visit, clock } = this.#queuing
    const waitedMs = clock.now() - this.#since
    visit.signal.removeEventListener('abort', this.#left)
    this.#queuing.tell({ type: 'queue', result, priority: this.priority, waitedMs })
    return waitedMs
  }
}

const full = (retryAfterMs = 1_000): Fault =>
  new Fault('overloaded', 'Every target of this model is at its limit, and too many requests wait for it. Try again.', {
    retryAfterMs,
  })
