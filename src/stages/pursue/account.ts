import type { Clock } from '../../lib/clock.ts'
import type { Heard } from '../../lib/http.ts'
import type { Visit } from '../../line.ts'
import type { FaultCode } from '../../model/fault.ts'
import type { Outcome } from '../../model/health.ts'
import type { Leg } from '../../model/plan.ts'
import type { Try } from '../../model/record.ts'
import type { Usage } from '../../model/usage.ts'
import { verdictOf } from '../../policy/verdict.ts'
import type { Failed } from './failed.ts'
import type { Start } from './outcome.ts'

export type Opening = {
  readonly leg: Leg
  readonly start: Pick<Start, 'waitedMs'> & { readonly why: Start['why'] | 'standby' }
  readonly visit: Visit
  readonly clock: Clock
  /** Told once how the try ended, at the end of its reply. */
  readonly over: (outcome: Outcome) => void
}

type Draft = { -readonly [Field in keyof Try]: Try[Field] }

/** The books of one try: its row under the request, and what the target's health is told, once, when it is over. */
export class Account {
  readonly #clock: Clock
  readonly #tell: (outcome: Outcome) => void
  readonly #began: number
  readonly #row: Draft
  #heard: Heard | undefined
  #begunAt: number | undefined
  #usage: Usage | undefined
  #over = false

  /** Keeps nothing of the opening but whom to tell: a stream's account lives as long as the stream. */
  constructor(of: Opening) {
    this.#clock = of.clock
    this.#tell = of.over
    this.#began = of.clock.now()
    this.#row = rowOf(of, this.#began)
    of.visit.diary.tried(this.#row)
  }

  get began(): number {
    return this.#began
  }

  get status(): number | undefined {
    return this.#row.status
  }

  heard(heard: Heard): void {
    this.#heard = heard
    this.#row.status = heard.status
    this.#row.headersMs = this.#clock.now() - this.#began
  }

  /** The last report counts, as everywhere. */
  used(usage: Usage): void {
    this.#usage = usage
  }

  /** It has said something that the caller can use. From now on what it uses is the request's. */
  begun(): void {
    this.#begunAt = this.#clock.now()
    this.#row.outcome = 'ok'
  }

  /** Its reply is whole. */
  done(): void {
    this.#report({})
  }

  /** Its reply failed, before it began or in its middle. What it said of that may tell of limits. */
  failed({ code, kind, said }: Failed, body = said?.body): void {
    if (this.#over) return
    if (this.#begunAt === undefined) this.#own()
    else this.#row.broke = true
    this.#close(code, kind)
    this.#report({ failure: verdictOf(kind), body })
  }

  /** It failed, and what it said is told all the same: what that used is the request's. */
  taken(): void {
    this.#row.outcome = 'ok'
    delete this.#row.usage
  }

  /** Another try was quicker. */
  lost(): void {
    if (this.#over) return
    this.#own()
    this.#close('lost', undefined)
    this.#report(gone)
  }

  /** The caller has left, or was sent away. */
  left(code: FaultCode = 'client_closed'): void {
    if (this.#over) return
    if (this.#begunAt === undefined) {
      this.#own()
      this.#close(code, undefined)
    }
    this.#report(gone)
  }

  /** The reply goes on elsewhere, for this reason: what this part of it used is its own. */
  handedOn(reason: string): void {
    this.#row.part = true
    this.#own()
    this.#close(this.#row.outcome, reason)
  }

  /** What it has used is not the request's own. */
  #own(): void {
    if (this.#usage) this.#row.usage = this.#usage
  }

  #close(outcome: Try['outcome'], reason: string | undefined): void {
    this.#row.outcome = outcome
    this.#row.tookMs = this.#clock.now() - this.#began
    if (reason !== undefined) this.#row.reason = reason
  }

  #report(how: Pick<Outcome, 'failure' | 'body'>): void {
    if (this.#over) return
    this.#over = true
    const usage = this.#usage
    const heard = this.#heard
    this.#tell({
      ...how,
      status: this.#row.status,
      latencyMs: this.#clock.now() - this.#began,
      firstTokenMs: this.#begunAt === undefined ? undefined : this.#begunAt - this.#began,
      outputTokens: usage && usage.output + usage.reasoning,
      tokens: usage && usage.input + usage.cacheRead + usage.cacheWrite + usage.output + usage.reasoning,
      header: heard && (name => heard.header(name)),
    })
  }
}

/** What counts for nothing. */
const gone = { failure: verdictOf('left') }

/** Until it is known better: a row that is written meanwhile is one whose caller left. */
function rowOf({ leg: { target, key }, start: { why, waitedMs }, visit }: Opening, began: number): Draft {
  const startedMs = began - visit.diary.arrived
  const row: Draft = { target, startedMs, status: undefined, headersMs: undefined, outcome: 'client_closed' }
  if (key !== undefined) row.key = key
  if (why !== 'first') row.why = why
  if (waitedMs !== 0) row.waitedMs = waitedMs
  return row
}
