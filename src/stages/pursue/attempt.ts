import type { Clock } from '../../lib/clock.ts'
import type { Dialer } from '../../lib/dial.ts'
import { type Heard, send, type Wire } from '../../lib/http.ts'
import { Leash } from '../../lib/leash.ts'
import type { Visit } from '../../line.ts'
import type { Letter } from '../../model/call.ts'
import type { Chat } from '../../model/chat.ts'
import { Fault } from '../../model/fault.ts'
import type { Target, Waits } from '../../model/plan.ts'
import { altered, type Source, type StreamSource } from '../../model/source.ts'
import { verdictOf } from '../../policy/verdict.ts'
import { Account, type Opening } from './account.ts'
import type { Begun } from './begun.ts'
import { continuedChat } from './continued.ts'
import { Failed } from './failed.ts'
import { failedBy } from './fault-of.ts'
import type { FetchFile } from './files.ts'
import { type Followed, follow, goOn } from './follow.ts'
import { listen } from './listen.ts'
import type { Failure, Going, Outcome } from './outcome.ts'
import { readWhole, refusal } from './read-whole.ts'
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
    this.#leash = new Leash(clock, route.drains ? new AbortController().signal : visit.signal)
    this.outcome = ask(one, this.#leash, this.#account).then(answered, error => this.#failed(error))
  }

  stop(): void {
    this.#account.lost()
    this.#leash.cut('lost')
  }

  #failed(error: unknown): Failure {
    const { leg, route } = this.#one
    this.#leash.free()
    const failed = ownFault(this.#one, failedBy(error, this.#leash, route.provider))
    if (failed.kind === 'left') this.#account.left()
    else this.#account.failed(failed, error instanceof Refused ? error.body : undefined)
    return { leg, fault: failed, verdict: verdictOf(failed.kind) }
  }
}

const answered = (source: Begun): Outcome => ({ source })

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

async function ask(one: Trying, leash: Leash, account: Account): Promise<Begun> {
  const { route, letter, waits, visit, clock, beginBy } = one
  const { call } = letter
  const left = beginBy - clock.now()
  leash.within(call.stream ? Math.min(waits.firstToken, left) : left, 'the first of the reply')
  const spoken = voiceFor(one, leash)
  const { voice, telling } = spoken instanceof Promise ? await spoken.catch(untold) : spoken
  const heard = await connected(one, wireOf(one, voice), leash)
  account.heard(heard)
  if (heard.status >= 300 || heard.status < 200) throw new Refused(await refusal(heard, route))
  const source = await reply({ one, voice, heard, leash, account })
  begin(one, voice)
  account.begun()
  if (source.type === 'whole') account.done()
  if (route.drains && visit.signal.aborted) return drained(source, one)
  if (!telling || source.type === 'whole') return source
  return { ...altered(source), handover: { telling, from: one.target, handOn: reason => account.handedOn(reason) } }
}

/** The head of the reply, if a connection to the provider stands in time. */
function connected({ dialer, waits, clock }: Trying, wire: Wire, leash: Leash): Promise<Heard> {
  if (!dialer || waits.connect === undefined) return send(wire, leash.signal)
  const late = (): void => leash.late('accepting a connection')
  const settled = dialer.watch(wire.url, { clock, ms: waits.connect, late })
  const heard = send(wire, leash.signal)
  if (settled)
    heard.then(
      () => settled(true),
      () => settled(false),
    )
  return heard
}

type Reply = {
  readonly one: Trying
  readonly voice: Voice
  readonly heard: Heard
  readonly leash: Leash
  readonly account: Account
}

async function reply({ one, voice, heard, leash, account }: Reply): Promise<Source> {
  const { route, waits, until, clock, letter } = one
  if (letter.call.stream && !isWhole(heard, voice))
    return listen({ heard, leash, route, waits, until, clock, account }, voice)
  const whole = await readWhole(heard, route, voice, letter.call.operation)
  leash.free()
  for (const event of whole.events) if (event.type === 'usage') account.used(event.usage)
  return whole
}

/** The caller left while the provider was at it: what the reply used is known, and nobody gets it. */
async function drained(source: Source, { visit, clock }: Trying): Promise<never> {
  const events = source.type === 'whole' ? source.events : await drain(source)
  visit.diary.noticed(events, clock.now())
  throw new Failed(new Fault('client_closed', 'The caller left.'), 'left')
}

const drain = async (source: StreamSource) => (await source.drain?.()) ?? []

/** From now on it is this target that answers the request. */
function begin({ visit: { diary }, target, continuing }: Trying, { wording: { lost } }: Voice): void {
  diary.target = target
  diary.lost = continuing ? [...new Set([...diary.lost, ...lost])] : lost
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
  signal: leash.signal,
  created: Math.floor(clock.wall() / 1000),
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
  return { url, headers: route.headers(visit.request, call.stream, { url, body }), body }
}

/** Some providers answer a stream's request with one JSON text, mostly an error. */
const isWhole = (heard: Heard, { array }: Voice): boolean => !array && heard.contentType.startsWith('application/json')
