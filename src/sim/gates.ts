/** Behaviours that answer in the model's place, in the order in which they are looked at. */

import type { Behaving, Other } from './behave.ts'
import { mix } from './chance.ts'
import type { Manners, Marked } from './dialect.ts'
import { type Framing, framed } from './framing.ts'
import { Refusal, refusalFor } from './refusal.ts'
import type { Headers, Reply } from './steps.ts'

/** What a gate may look at. */
export type Visit = {
  readonly manners: Manners
  readonly stream: boolean
  /** The key that the request carries. */
  key(): string | undefined
  /** What a request is known by when it comes again. */
  session(): string
  headers(): Headers
  marked(): Marked
}

/** Remembers, for one sim, what the gates count. */
export type Gates = (behaving: Behaving, visit: Visit) => Reply | undefined

export function openGates(seed: number): Gates {
  const fails = countFails()
  const flaky = rollDice(seed)
  return (behaving, visit) => {
    if (behaving.auth !== undefined) admit(visit.key())
    if (behaving.fail !== undefined && fails(visit.session()) <= behaving.fail) throw refusalFor(500)
    const asked = behaving.flaky === undefined ? behaving : { ...behaving, ...flaky() }
    for (const [name, answer] of gates) {
      const value = asked[name]
      if (value !== undefined) return answer(value, visit)
    }
    return undefined
  }
}

type Gate = (value: number, visit: Visit) => Reply

const gates: readonly (readonly [Other, Gate])[] = [
  ['silent', () => ({ type: 'silence' })],
  ['reset', () => ({ type: 'reset' })],
  ['status', status => refuse(refusalFor(checkedStatus(status)))],
  ['429', seconds => refuse(refusalFor(429, { retryAfter: seconds }))],
  ['429-bare', () => refuse(refusalFor(429))],
  ['500', () => refuse(refusalFor(500))],
  ['503', () => refuse(refusalFor(503))],
  ['html', (_, { headers }) => whole({ ...headers(), 'content-type': 'text/html; charset=utf-8' }, html)],
  ['empty', (_, visit) => whole(typed(visit.headers(), framingOf(visit)), '')],
  ['error200', (_, visit) => errorInside(visit)],
]

function refuse(refusal: Refusal): never {
  throw refusal
}

function checkedStatus(status: number): number {
  if (status >= 400) return status
  throw new Refusal(400, `The sim's behaviour 'status' wants an error status from 400 to 599, not ${status}.`)
}

const whole = (headers: Headers, body: string): Reply => ({
  type: 'whole',
  status: 200,
  headers,
  body,
})

const html = '<!DOCTYPE html>\n<html><head><title>Bad gateway</title></head><body><h1>Bad gateway</h1></body></html>\n'

/** The kinds of body that a dialect's answers have: JSON where it is no stream. */
export const typed = (headers: Headers, framing?: Framing) => ({
  'content-type': framing?.contentType ?? 'application/json',
  ...headers,
})

const framingOf = ({ manners, stream }: Visit): Framing | undefined => (stream ? manners.framing : undefined)

/** The error that aggregators put inside a 200. */
export const insideError = (): Refusal => new Refusal(502, 'Provider returned error', { code: 502 })

/** 200, and an error where the answer should be. */
export function errorInside({ manners, headers, marked, stream }: Visit): Reply {
  if (!stream) return whole(typed(headers()), manners.error(insideError(), marked()))
  const steps = framed(manners.errorNotes(insideError()), manners.framing)
  return { type: 'steps', status: 200, headers: typed(headers(), manners.framing), steps, early: true }
}

function admit(key: string | undefined): void {
  if (key === 'sim-key') return
  if (key !== undefined) throw refusalFor(401)
  throw new Refusal(
    401,
    "You didn't provide an API key. You need to provide it in an Authorization header using Bearer auth.",
    { reason: 'no-key' },
  )
}

/** As many sessions as are remembered; the oldest are forgotten first. */
const mostSessions = 10_000

/** Counts the visits of each session, this one included. */
function countFails(): (session: string) => number {
  const visits = new Map<string, number>()
  return session => {
    const nth = (visits.get(session) ?? 0) + 1
    visits.delete(session)
    visits.set(session, nth)
    for (const oldest of visits.keys()) {
      if (visits.size <= mostSessions) break
      visits.delete(oldest)
    }
    return nth
  }
}

/** Four in twelve go wrong, each in its own way. */
const mishaps: readonly Behaving[] = [{ 429: 1 }, { 500: 1 }, { 503: 1 }, { reset: 1 }]

function rollDice(seed: number): () => Behaving {
  let nth = 0
  return () => mishaps[mix(seed, nth++) % 12] ?? {}
}
