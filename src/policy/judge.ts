import type { Change, Gauge, Hindrance, Place } from '../model/health.ts'
import {
  type Breaker,
  type BreakerRule,
  begin as beginBreaker,
  breakerFreeAt,
  breakerState,
  closed,
  end as endBreaker,
} from './breaker.ts'
import { beginWith, enabled, endWith, type KeyState, type KeyVerdict, keyFreeAt } from './keys.ts'
import { emptyUntil, type Rates, readRates, spent, told, unlimited } from './rate-memory.ts'
import type { Kind } from './verdict.ts'

/** What a place is remembered as: its breaker, its limits, and whether its key may use this model. */
export type PlaceState = { readonly breaker: Breaker; readonly rates: Rates; readonly leave: KeyState }

type Both = { readonly place: PlaceState; readonly key: KeyState }

/** Of which opening, or of which disabling, a try is a trial. */
export type Ticket = {
  readonly breaker: number | undefined
  readonly leave: number | undefined
  readonly key: number | undefined
}

type Case = { readonly place: Place; readonly rule: BreakerRule; readonly now: number }

type Ending = {
  readonly failure?: { readonly kind: string; readonly counts: boolean } | undefined
  readonly status?: number | undefined
  readonly retryAfterMs: number | undefined
  readonly gauges: readonly Gauge[]
}

/** What a failure says of the key, beyond what it says of the place. */
const aboutKeys: { readonly [kind in Kind]?: 'key' | 'leave' } = {
  key_refused: 'key',
  key_spent: 'key',
  // For this model only: other models may be asked with the key.
  forbidden: 'leave',
}

/** Puts breaker, limits and key together: how each moves when a try begins and ends, and what they say together. */
export const judge = {
  fresh: { place: { breaker: closed, rates: unlimited, leave: enabled }, key: enabled } as Both,
  begin,
  end,
  freeAt,
  readPlace: ({ breaker, rates }: PlaceState, now: number) => ({
    breaker: breakerState(breaker, now),
    limits: readRates(rates, now),
  }),
  readKey,
}

function begin(both: Both, { place, rule, now }: Case) {
  const breaker = beginBreaker(both.place.breaker, rule, now)
  const leave = beginWith(both.place.leave, now)
  const key = beginWith(both.key, now)
  if (!breaker) return undefined
  return {
    place: { breaker: breaker.breaker, leave: leave.state, rates: spent(both.place.rates) },
    key: key.state,
    ticket: ticketOf({ breaker: breaker.trial, leave: leave.trial, key: key.trial }),
    changes: breakerChange(place, both.place.breaker, breaker.breaker),
  }
}

/** Nearly every try is a trial of nothing, and one ticket serves them all. */
const ticketOf = (ticket: Ticket): Ticket =>
  (ticket.breaker ?? ticket.leave ?? ticket.key) === undefined ? ordinary : ticket

const ordinary: Ticket = { breaker: undefined, leave: undefined, key: undefined }

function end(both: Both, ticket: Ticket, ending: Ending, { place, rule, now }: Case) {
  const { failure } = ending
  const well = failure === undefined ? true : failure.counts ? false : undefined
  const next: Both = {
    place: {
      breaker: endBreaker(both.place.breaker, { trial: ticket.breaker, well }, rule, now),
      leave: endWith(both.place.leave, ticket.leave, verdictOn('leave', ending), now),
      rates: told(both.place.rates, { ...ending, refused: isRefusal(ending) }, now),
    },
    key: endWith(both.key, ticket.key, verdictOn('key', ending), now),
  }
  return { place: next.place, key: next.key, changes: isSame(both, next) ? none : changesOf(place, both, next, now) }
}

/** Nearly always: whether it was open, and whether its key was refused, is as it was. */
const isSame = (before: Both, after: Both): boolean =>
  before.place.breaker.type === after.place.breaker.type &&
  before.key === after.key &&
  before.place.leave === after.place.leave

function changesOf(place: Place, before: Both, after: Both, now: number): readonly Change[] {
  const { provider, key, model } = place
  return [
    ...breakerChange(place, before.place.breaker, after.place.breaker),
    ...keyChange({ provider, key }, before.key, after.key, now),
    ...keyChange({ provider, key, model }, before.place.leave, after.place.leave, now),
  ]
}

/** Refused for its limit; an overloaded provider that names a time means it too. */
const isRefusal = ({ failure, retryAfterMs }: Ending): boolean =>
  failure?.kind === 'rate_limited' || (failure?.kind === 'overloaded' && (retryAfterMs ?? 0) > 0)

function verdictOn(what: 'key' | 'leave', { failure, status }: Ending): KeyVerdict {
  if (!failure) return { type: 'well' }
  return aboutKeys[failure.kind as Kind] === what ? { type: 'refused', status } : { type: 'other' }
}

function breakerChange(place: Place, { type: from }: Breaker, { type: to }: Breaker): readonly Change[] {
  return from === to ? none : [{ type: 'breaker', place, from, to }]
}

type Whose = { readonly provider: string; readonly key: string; readonly model?: string }

function keyChange(whose: Whose, before: KeyState, after: KeyState, now: number): readonly Change[] {
  if (before === after) return none
  if (after.type === 'enabled') return [{ type: 'key', ...whose, action: 'enabled' }]
  if (before.type === 'disabled' && before.until === after.until) return none
  return [{ type: 'key', ...whose, action: 'disabled', status: after.status, forMs: after.until - now }]
}

const none: readonly Change[] = []

/**
 * What is sure to stand in the way, as long as it does; then the latest of what is no more than a hint: a limit that only looks
 * used up, and a refused key.
 */
function freeAt(
  { place, key }: Both,
  now: number,
): { readonly at: number; readonly hindrance: Hindrance; readonly hint: boolean } {
  const breaker = breakerFreeAt(place.breaker)
  const refused = Math.max(keyFreeAt(key), keyFreeAt(place.leave))
  const empty = emptyUntil(place.rates)
  const sure = Math.max(breaker, place.rates.pausedUntil)
  if (sure > now || (sure >= refused && sure >= empty))
    return { at: sure, hindrance: sure === breaker ? 'breaker' : 'limit', hint: false }
  return refused >= empty
    ? { at: refused, hindrance: 'key', hint: true }
    : { at: empty, hindrance: 'limit', hint: true }
}

function readKey(key: KeyState, now: number) {
  if (key.type === 'enabled') return { state: 'enabled' as const, status: undefined, freeInMs: 0 }
  const onTrial = key.trialUntil !== undefined && key.trialUntil > now
  return {
    state: onTrial ? ('on trial' as const) : ('disabled' as const),
    status: key.status,
    freeInMs: Math.max(0, key.until - now),
  }
}
