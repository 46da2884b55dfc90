import type { Clock } from '../../lib/clock.ts'
import { readLimits } from '../../lib/limits.ts'
import { Tally } from '../../lib/tally.ts'
import type { Change, KeyReading, Outcome, Place, PlaceReading, Standing, WindowReading } from '../../model/health.ts'
import type { Health, Judge, PlaceRules, Started } from '../../ports/health.ts'
import { PlaceWindows } from './place-windows.ts'

export type HealthOptions<P, K, Ticket, Rule> = {
  readonly clock: Clock
  readonly judge: Judge<P, K, Ticket, Rule>
  /** What holds for a place by the config of the moment. */
  readonly rules: (place: Place) => PlaceRules<Rule>
  /** How many places are remembered; beyond, the one that was asked longest ago is forgotten. */
  readonly most?: number
}

const minuteMs = 60_000

/** What is read of the windows is so old at most, unless a try failed since. */
const freshMs = 1_000

/** So many tries that did well are taken for granted: one failure of few says little. */
const benefitOfDoubt = 4

const nothing: readonly Change[] = []

/**
 * Health in memory, for one process: what each place and each key did of late. It remembers; whoever judges is handed in.
 */
export function memoryHealth<P, K, Ticket, Rule>(options: HealthOptions<P, K, Ticket, Rule>): Health {
  const { clock, judge, rules, most = 500 } = options
  const keys = new Map<string, KeyRecord<K>>()
  const places = new Map<string, PlaceRecord<P, K>>()
  let turn = 0

  /** A key whose secret is another than before is another key, and nothing of what was learnt with the old one holds. */
  function keyRecord({ provider, key }: Place, print: string | undefined): KeyRecord<K> {
    const name = `${provider}\n${key}`
    const known = keys.get(name)
    if (known && known.print === print) return known
    for (const [place, record] of places) if (record.key === known) places.delete(place)
    const fresh = {
      provider,
      key,
      print,
      state: judge.fresh.key,
      requests: new Tally(minuteMs),
      tokens: new Tally(minuteMs),
    }
    keys.set(name, fresh)
    return fresh
  }

  function recordOf(place: Place, { print }: PlaceRules<Rule>): PlaceRecord<P, K> {
    const name = `${place.provider}\n${place.key}\n${place.model}`
    const known = places.get(name)
    const record = known && known.key.print === print ? known : openRecord(place, keyRecord(place, print), options)
    if (record !== known) places.set(name, record)
    record.turn = turn++
    if (places.size > most) forgetOldest()
    return record
  }

  /** Looked for when it is needed: keeping all in order would cost each request something. */
  function forgetOldest(): void {
    const [oldest] = [...places].reduce((one, other) => (other[1].turn < one[1].turn ? other : one))
    places.delete(oldest)
  }

  return {
    begin(place) {
      const now = clock.now()
      const rule = rules(place)
      const record = recordOf(place, rule)
      if (ownLimitFreeAt(record.key, rule, now) > now) return undefined
      const begun = judge.begin(record.both, { place, rule: rule.breaker, now })
      if (!begun) return undefined
      keep(record, begun)
      record.key.requests.add(1, now)
      record.inFlight++
      record.askedAt = now
      return new Begun(place, begun.changes, record, begun.ticket)
    },

    report(started, outcome) {
      if (!(started instanceof Begun) || started.reported) return nothing
      started.reported = true
      const { place, record, ticket }: Begun<P, K, Ticket> = started
      const now = clock.now()
      record.inFlight--
      note(record, outcome, now)
      const limits = outcome.header ? readLimits(outcome.header, outcome.body, clock.wall) : unread
      const of = { place, rule: rules(place).breaker, now }
      const ended = judge.end(record.both, ticket, { ...limits, failure: outcome.failure, status: outcome.status }, of)
      keep(record, ended)
      return ended.changes
    },

    standing: place => recordOf(place, rules(place)).standing,
    places: () => [...places.values()].map(record => placeReading(record, options)),
    keys: () => [...keys.values()].map(record => keyReading(record, options)),
  }
}

/** A try under way, with what is needed when it is reported. */
class Begun<P, K, Ticket> implements Started {
  readonly place: Place
  readonly changes: readonly Change[]
  readonly record: PlaceRecord<P, K>
  readonly ticket: Ticket
  reported = false

  constructor(place: Place, changes: readonly Change[], record: PlaceRecord<P, K>, ticket: Ticket) {
    this.place = place
    this.changes = changes
    this.record = record
    this.ticket = ticket
  }
}

const unread = { retryAfterMs: undefined, gauges: [] }

type KeyRecord<K> = {
  readonly provider: string
  readonly key: string
  readonly print: string | undefined
  state: K
  readonly requests: Tally
  readonly tokens: Tally
}

type PlaceRecord<P, K> = {
  readonly place: Place
  readonly key: KeyRecord<K>
  state: P
  readonly both: { readonly place: P; readonly key: K }
  inFlight: number
  /** When it was asked last, in turns: the one of the least is forgotten first. */
  turn: number
  askedAt: number | undefined
  readonly windows: PlaceWindows
  /** The last reading of the windows, and when it is to be made anew. */
  minute: WindowReading | undefined
  staleAt: number
  /** The last reading of how often it does well, and when that is to be made anew. */
  reliability: number
  surelyUntil: number
  readonly standing: Standing
}

function openRecord<P, K, Ticket, Rule>(
  place: Place,
  key: KeyRecord<K>,
  options: HealthOptions<P, K, Ticket, Rule>,
): PlaceRecord<P, K> {
  const record: PlaceRecord<P, K> = {
    place,
    key,
    state: options.judge.fresh.place,
    get both() {
      return { place: this.state, key: this.key.state }
    },
    inFlight: 0,
    turn: 0,
    askedAt: undefined,
    windows: new PlaceWindows(),
    minute: undefined,
    staleAt: 0,
    reliability: 1,
    surelyUntil: 0,
    get standing() {
      return standing
    },
  }
  const standing = standingOf(record, options)
  return record
}

function keep<P, K>(record: PlaceRecord<P, K>, { place, key }: { readonly place: P; readonly key: K }): void {
  record.state = place
  record.key.state = key
}

/** What was neither well nor says something of the place is counted as asked, and as nothing else. */
function note<P, K>(record: PlaceRecord<P, K>, outcome: Outcome, now: number): void {
  if (outcome.tokens) record.key.tokens.add(outcome.tokens, now)
  record.windows.add(outcome, now)
  if (!outcome.failure?.counts) return
  record.staleAt = 0
  record.surelyUntil = 0
}

function ownLimitFreeAt<K, Rule>(
  { requests, tokens }: KeyRecord<K>,
  { rpm, tpm }: PlaceRules<Rule>,
  now: number,
): number {
  return Math.max(rpm === undefined ? 0 : requests.freeAt(rpm, now), tpm === undefined ? 0 : tokens.freeAt(tpm, now))
}

/** Reads what is remembered at the moment at which it is asked. */
function standingOf<P, K, Ticket, Rule>(
  record: PlaceRecord<P, K>,
  { clock, judge, rules }: HealthOptions<P, K, Ticket, Rule>,
): Standing {
  const free = (now: number) => {
    const own = ownLimitFreeAt(record.key, rules(record.place), now)
    const judged = judge.freeAt(record.both, now)
    return own > now && (judged.hint || own > judged.at)
      ? { at: own, hindrance: 'own-limit' as const, hint: false }
      : judged
  }
  const minute = (): WindowReading => {
    const now = clock.now()
    if (record.minute && now < record.staleAt) return record.minute
    record.staleAt = now + freshMs
    record.minute = record.windows.minute(now)
    return record.minute
  }
  return {
    get freeAt() {
      return free(clock.now()).at
    },
    get hindrance() {
      const now = clock.now()
      const { at, hindrance } = free(now)
      return at > now ? hindrance : undefined
    },
    get hint() {
      return free(clock.now()).hint
    },
    get reliability() {
      const now = clock.now()
      if (now < record.surelyUntil) return record.reliability
      const { well, counted } = record.windows.share(now)
      record.reliability = (well + benefitOfDoubt) / (counted + benefitOfDoubt)
      record.surelyUntil = now + freshMs
      return record.reliability
    },
    get inFlight() {
      return record.inFlight
    },
    get askedAt() {
      return record.askedAt
    },
    get latency() {
      return minute().latency
    },
    get firstToken() {
      return minute().firstToken
    },
  }
}

function placeReading<P, K, Ticket, Rule>(
  record: PlaceRecord<P, K>,
  { clock, judge }: HealthOptions<P, K, Ticket, Rule>,
): PlaceReading {
  const now = clock.now()
  const { place, inFlight, windows, standing, state } = record
  return {
    place,
    inFlight,
    ...judge.readPlace(state, now),
    freeInMs: Math.max(0, standing.freeAt - now),
    hindrance: standing.hindrance,
    // Added up when they are read: hundreds of places would take milliseconds.
    get minute() {
      return windows.minute(now)
    },
    get fiveMinutes() {
      return windows.fiveMinutes(now)
    },
  }
}

function keyReading<P, K, Ticket, Rule>(
  { provider, key, state, requests, tokens }: KeyRecord<K>,
  { clock, judge }: HealthOptions<P, K, Ticket, Rule>,
): KeyReading {
  const now = clock.now()
  return { provider, key, ...judge.readKey(state, now), requests: requests.sum(now), tokens: tokens.sum(now) }
}
