import type { Clock } from '../../lib/clock.ts'
import type { Dialer } from '../../lib/dial.ts'
import { type Heard, send, type Wire } from '../../lib/http.ts'
import { Leash } from '../../lib/leash.ts'
import type { Visit } from '../../line.ts'
import type { Letter } from '../../model/call.ts'
import type { Chat } from '../../model/chat.ts'
import { Fault } from '../../model/fault.ts'
import { inBounds } from '../../model/lost.ts'
import type { Target, Waits } from '../../model/plan.ts'
import type { Try } from '../../model/record.ts'
import { altered, type Source, type StreamSource, type WholeSource } from '../../model/source.ts'
import { verdictOf } from '../../policy/verdict.ts'
import { Account, type Opening } from './account.ts'
import { asStream, unasked } from './as-stream.ts'
import type { Begun } from './begun.ts'
import { continuedChat } from './continued.ts'
import { Failed } from './failed.ts'
import { failedBy } from './fault-of.ts'
import type { FetchFile } from './files.ts'
import { type Followed, follow, goOn } from './follow.ts'
import { KeptBack, leave, letThrough } from './kept-back.ts'
import { listen } from './listen.ts'
import type { Failure, Going, Instead, Outcome } from './outcome.ts'
import { readWhole, refusal, wholeOf } from './read-whole.ts'
import type { Route } from './route.ts'
import type { Speaking, Voice } from './speaking.ts'
import type { Telling } from './telling.ts'
import { retold, voiceOf } from './voice.ts'

/** One try at one place. */
export type Trying = Opening & {
  readonly target: Target
  readonly route: Route
  readonly letter: Letter
  /** The letter, understood; asked for only where it has to be told again. Throws a Failed. */
  readonly chat: () => Chat
  readonly fetchFile: FetchFile
  readonly waits: Waits
  /** Bounds the time for connecting. Left out where there is a proxy in between, which is all that we connect to. */
  readonly dialer?: Dialer | undefined
  /** Another target may have to go on with the stream: it is read in full. */
  readonly standby: boolean
  /** What is to be gone on with. */
  readonly continuing?: Telling | undefined
  /** When the whole reply has to be here, on the measuring clock. */
  readonly until: number
  /** When a stream has to have begun, and any other reply to be whole, so that others may be asked as well. */
  readonly beginBy: number
  readonly visit: Visit
  readonly clock: Clock
}

/**
 * Asks one place. Its outcome is a source as soon as it has said something that a caller can use: the point of no return.
 * Whatever goes wrong before is a failure, and another place may be asked.
 */
export class Attempt implements Going {
  readonly outcome: Promise<Outcome>
  readonly #one: Trying
  readonly #account: Account
  readonly #leash: Leash

  constructor(one: Trying) {
    const { clock, visit, route } = one
    this.#one = one
    this.#account = new Account(one)
    // A provider that bills on regardless is heard to its end, whether somebody waits for it or not.
    this.#leash = new Leash(clock, route.drains ? visit.stay.over() : visit.signal)
    this.outcome = this.#ask()
  }

  stop(): void {
    this.#account.lost()
    this.#leash.cut('lost')
  }

  async #ask(): Promise<Outcome> {
    const one = this.#one
    const leash = this.#leash
    const account = this.#account
    const { route, waits, until, visit, clock } = one
    const { stream, operation, choices } = one.letter.call
    let lost = nothing
    try {
      const left = one.beginBy - clock.now()
      leash.within(stream ? Math.min(waits.firstToken, left) : left, 'the first of the reply')
      const spoken = voiceFor(one, leash)
      const { voice, telling } = spoken instanceof Promise ? await spoken.catch(untold) : spoken
      lost = voice.wording.lost
      const heard = await connected(one, wireOf(one, voice), leash)
      account.heard(heard)
      if (heard.status >= 300 || heard.status < 200) throw new Refused(await refusal(heard, route))
      let source: Source
      let whole: WholeSource | undefined
      if (stream && !isWhole(heard, voice)) {
        source = await listen({ heard, leash, route, waits, until, clock, account, choices }, voice)
      } else {
        const bytes = await wholeOf(heard)
        visit.diary.answered(clock.now())
        whole = readWhole({ bytes, heard, route, voice, operation })
        for (const event of whole.events) if (event.type === 'usage') account.used(event.usage)
        if (stream && one.continuing) throw unasked(route.provider)
        source = stream ? asStream(bytes, whole, speakingOf(one, leash), voice) : whole
        if (route.dialect.withholds) letThrough(source, whole.events, route)
      }
      begin(one, lost)
      account.begun()
      if (whole) this.#done()
      if (route.drains && visit.signal.aborted) return await drained(source, one)
      return { source: telling && source.type === 'stream' && !whole ? this.#handedOver(source, telling) : source }
    } catch (error) {
      return this.#failed(error, lost)
    }
  }

  #done(): void {
    this.#leash.free()
    this.#account.done()
  }

  #handedOver(source: StreamSource, telling: Telling): Begun {
    const handOn = (reason: string): void => this.#account.handedOn(reason)
    return { ...altered(source), handover: { telling, from: this.#one.target, handOn } }
  }

  #failed(error: unknown, lost: readonly string[]): Failure {
    const { leg, route, visit } = this.#one
    // A stream that was kept back may yet be told.
    if (!(error instanceof KeptBack)) this.#leash.free()
    const failed = ownFault(this.#one, failedBy(error, this.#leash, route.provider))
    if (failed.kind === 'left') this.#account.left(visit.diary.fault?.code)
    else this.#account.failed(failed, error instanceof Refused ? error.body : undefined)
    const failure = { leg, fault: failed, verdict: verdictOf(failed.kind) }
    return error instanceof KeptBack ? { ...failure, instead: this.#instead(error, failed, lost) } : failure
  }

  /** One that was asked to go on with another's text has nothing to say instead. */
  #instead({ source }: KeptBack, failed: Failed, lost: readonly string[]): Instead | undefined {
    if (failed.kind === 'filtered' && !this.#one.continuing) return { source, take: () => this.#take(lost) }
    leave(source)
    return undefined
  }

  #take(lost: readonly string[]): void {
    begin(this.#one, lost)
    this.#account.taken()
  }
}

/** The wish to go on is ours and not the caller's: a target that does not understand it says nothing of the next. */
const ownFault = ({ continuing }: Trying, failed: Failed): Failed =>
  continuing && failed.kind === 'callers_fault' ? new Failed(failed, 'untold') : failed

/** A refusal with the text it came in, which may tell of limits. */
class Refused extends Failed {
  readonly body: string

  constructor({ failed, body }: { readonly failed: Failed; readonly body: string }) {
    super(failed, failed.kind)
    this.body = body
  }
}

/** The head of the reply, if a connection to the provider stands in time. */
function connected(one: Trying, wire: Wire, leash: Leash): Promise<Heard> {
  const { dialer, waits, clock } = one
  if (!dialer || waits.connect === undefined || dialer.reached(wire.url, clock)) return send(wire, leash.signal)
  const late = (): void => leash.late('accepting a connection')
  return dialled(wire, leash, dialer.watch(wire.url, { clock, ms: waits.connect, late }))
}

async function dialled(wire: Wire, { signal }: Leash, settled: (answered: boolean) => void): Promise<Heard> {
  try {
    const heard = await send(wire, signal)
    settled(true)
    return heard
  } catch (error) {
    settled(false)
    throw error
  }
}

/** The caller left while the provider was at it: what the reply used is known, and nobody gets it. */
async function drained(source: Source, { visit, clock }: Trying): Promise<never> {
  const events = source.type === 'whole' ? source.events : await drain(source)
  visit.diary.noticed(events, clock.now())
  throw new Failed(new Fault('client_closed', 'The caller left.'), 'left')
}

const drain = async (source: StreamSource) => (await source.drain?.()) ?? []

const nothing: readonly string[] = []

/** From now on it is this target that answers the request. */
function begin({ visit: { diary }, target, continuing }: Trying, lost: readonly string[]): void {
  diary.target = target
  diary.lost = inBounds(continuing ? [...new Set([...diary.lost, ...lost])] : lost)
}

/** How the target is spoken to, and what is noted of the reply where another may have to go on with it. */
type Spoken = Partial<Followed> & { readonly voice: Voice }

function voiceFor(one: Trying, leash: Leash): Spoken | Promise<Spoken> {
  const speaking = speakingOf(one, leash)
  try {
    if (one.continuing) return going(speaking, one.continuing)
    const voice = voiceOf(speaking)
    const spoken = (voice: Voice): Spoken => (one.standby ? follow(voice, speaking) : { voice })
    return voice instanceof Promise ? voice.then(spoken) : spoken(voice)
  } catch (error) {
    return untold(error)
  }
}

function going(speaking: Speaking, telling: Telling): Spoken | Promise<Spoken> {
  const { route, target } = speaking
  const prefills = route.dialect.request.prefills?.({ ...target, quirks: route.quirks }) === true
  const { chat, manner } = continuedChat(speaking.chat(), telling.said, prefills)
  const voice = retold(speaking, chat)
  const spoken = (voice: Voice): Spoken => goOn(voice, speaking, telling, manner)
  return voice instanceof Promise ? voice.then(spoken) : spoken(voice)
}

const speakingOf = ({ visit, letter, target, route, chat, fetchFile, clock }: Trying, leash: Leash): Speaking => ({
  visit,
  letter,
  target,
  route,
  chat,
  fetchFile,
  clock,
  signal: leash.signal,
})

/** That a target cannot be told this request is no fault of the caller's: another may be. */
function untold(error: unknown): never {
  if (!(error instanceof Fault) || error instanceof Failed) throw error
  throw new Failed(error, 'untold')
}

function wireOf({ route, target, letter: { call }, visit }: Trying, voice: Voice): Wire {
  const { wording, array, batch = call.batch === true } = voice
  const url = route.url({ ...call, array, batch, model: target.model })
  const { body } = wording
  const afresh = visit.diary.tries.some(isStale)
  return { url, headers: route.headers(visit.headers, call.stream, { url, body }), body, afresh }
}

/** One such connection is bad luck: the tries behind it take none that was kept. */
const isStale = ({ reason }: Try): boolean => reason === 'stale'

/** Some providers answer a stream's request with one JSON text, mostly an error. */
const isWhole = (heard: Heard, { array }: Voice): boolean => !array && heard.contentType.startsWith('application/json')
