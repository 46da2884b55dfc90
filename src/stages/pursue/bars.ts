import type { Leg, Plan } from '../../model/plan.ts'
import type { Failure } from './outcome.ts'

type Choice = { readonly leg: Leg; readonly wait: number }

/** What failures have told. */
class Learnt {
  /** Until when, on the measuring clock; Infinity for the rest of this request. */
  readonly barred = new Map<string, number>()
  /** When a target failed last. */
  readonly failedAt = new Map<string, number>()
  /** Targets that failed in a way in which their other keys would too: only a leg with a pause asks them again. */
  readonly unwell = new Set<string>()
}

/**
 * What a request has learned of places while it was looking for one that answers: which must be left alone, for how
 * long, and which were asked already and get their pause. The names are `provider model key`, an empty part for any.
 */
export class Bars {
  readonly #plan: Pick<Plan, 'respectRetryAfter' | 'maxWaitMs'>
  readonly #madeAt: number
  /** Most requests know of no failure. */
  #learnt: Learnt | undefined

  constructor(plan: Pick<Plan, 'respectRetryAfter' | 'maxWaitMs'>, now: number) {
    this.#plan = plan
    this.#madeAt = now
  }

  failed({ leg, fault, verdict }: Failure, now: number): void {
    this.#learnt ??= new Learnt()
    const { failedAt, unwell } = this.#learnt
    failedAt.set(targetName(leg), now)
    switch (verdict.again) {
      case 'here':
        unwell.add(targetName(leg))
        if (this.#asked(fault.retryAfterMs) > 0) this.#bar(placeName(leg), now + this.#asked(fault.retryAfterMs))
        break
      case 'around':
        this.#bar(placeName(leg), now + this.#asked(fault.retryAfterMs))
        break
      case 'other-key':
        this.#bar(nameOf(leg.target.provider, '', leg.key ?? ''), Infinity)
        break
      case 'other-target':
        this.#bar(targetName(leg), Infinity)
        break
      case 'at-once':
      case 'never':
        break
      default:
        verdict.again satisfies never
    }
  }

  /**
   * The first leg whose place is not barred, after its pause; else the one whose bar lifts first. No leg whose wait would
   * end after `until`.
   */
  choose(legs: readonly Leg[], now: number, until: number): Choice | undefined {
    let best: Choice | undefined
    for (const leg of legs) {
      if (leg.backoffMs === undefined && this.#learnt?.unwell.has(targetName(leg))) continue
      const barred = this.#until(leg)
      const wait = Math.max(0, this.#pausedUntil(leg) - now, (barred ?? now) - now)
      if (wait > 0 && now + wait >= until) continue
      if (barred === undefined) return { leg, wait }
      if (!best || wait < best.wait) best = { leg, wait }
    }
    return best
  }

  /** How long a provider wants to be left alone, if that is heeded; beyond the longest wait, for ever. */
  #asked(retryAfterMs: number | undefined): number {
    const { respectRetryAfter, maxWaitMs } = this.#plan
    if (!respectRetryAfter || retryAfterMs === undefined) return 0
    return retryAfterMs > maxWaitMs ? Infinity : retryAfterMs
  }

  #bar(name: string, until: number): void {
    const barred = this.#learnt?.barred
    barred?.set(name, Math.max(until, barred.get(name) ?? until))
  }

  #until(leg: Leg): number | undefined {
    return this.#learnt && barredUntil(leg, this.#learnt.barred)
  }

  #pausedUntil(leg: Leg): number {
    if (leg.backoffMs === undefined) return 0
    return (this.#learnt?.failedAt.get(targetName(leg)) ?? this.#madeAt) + leg.backoffMs
  }
}

function barredUntil(
  { target: { provider, model }, key = '' }: Leg,
  barred: ReadonlyMap<string, number>,
): number | undefined {
  const names = [nameOf(provider, model, key), nameOf(provider, '', key), nameOf(provider, model, '')]
  const found = names.map(name => barred.get(name)).filter(until => until !== undefined)
  return found.length === 0 ? undefined : Math.max(...found)
}

const nameOf = (provider: string, model: string, key: string): string => `${provider}\n${model}\n${key}`

const placeName = ({ target: { provider, model }, key = '' }: Leg): string => nameOf(provider, model, key)

const targetName = ({ target: { provider, model } }: Leg): string => nameOf(provider, model, '')
