import type { Cutter, StreamGlancer } from '../../dialects/dialect.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Heard } from '../../lib/http.ts'
import type { Leash } from '../../lib/leash.ts'
import { FrameCutter, isHalfEvent } from '../../lib/sse.ts'
import type { Event } from '../../model/event.ts'
import { Fault } from '../../model/fault.ts'
import type { Waits } from '../../model/plan.ts'
import type { Batch, StreamSource } from '../../model/source.ts'
import type { Account } from './account.ts'
import { Choices } from './choices.ts'
import { Failed, failedInside } from './failed.ts'
import { failedBy } from './fault-of.ts'
import { letThrough } from './kept-back.ts'
import { faultAmong, guarded } from './read-whole.ts'
import type { Route } from './route.ts'
import type { Voice } from './speaking.ts'
import { upToFault } from './up-to-fault.ts'

type Listening = {
  readonly heard: Heard
  readonly leash: Leash
  readonly route: Route
  readonly waits: Waits
  /** When the whole reply must be here, on the measuring clock. */
  readonly until: number
  readonly clock: Clock
  readonly account: Account
  /** How many choices were asked for, where it is more than one. */
  readonly choices?: number | undefined
}

/** What is heeded of a voice. It knows the whole request, so it is not kept for as long as the stream lasts. */
type Heeded = Pick<Voice, 'stream' | 'cutter' | 'verbatim'>

/** After a stop reason little can follow (the usage, the closing mark); some providers then go on with heartbeats. */
const afterStopMs = 5_000
const afterDoneMs = 1_000

/**
 * Listens to a stream until it has said something that a caller can use, and there is something to send: half a call may
 * have no form yet in which its caller could have it. Before that a failure is thrown; what was heard until then (a role,
 * comments) is kept and goes out first.
 */
export async function listen(listening: Listening, voice: Heeded): Promise<StreamSource> {
  const stream = new Listener(listening, voice)
  const held: Batch[] = []
  for (;;) {
    const batch = await stream.next()
    if (!batch) throw cutShort(listening.route, 'ended its reply without saying anything')
    const fault = faultAmong(batch.events)
    if (fault) {
      listening.heard.close()
      throw failedInside(fault, listening.route.provider)
    }
    held.push(batch)
    if (!held.some(hasBeginning) || !held.some(hasBytes)) continue
    const source = stream.resume(held)
    const { route } = listening
    return route.dialect.withholds ? letThrough(source, held.flatMap(eventsOf), route) : source
  }
}

const cutShort = ({ provider }: Route, how: string): Failed =>
  new Failed(new Fault('upstream_failed', `${provider} ${how}.`), 'cut_short')

const hasBeginning = ({ events }: Batch): boolean => events.some(isBeginning)

const isBeginning = ({ type }: Event): boolean => type === 'content' || type === 'stop'

const eventsOf = ({ events }: Batch): readonly Event[] => events

const hasBytes = ({ bytes }: Batch): boolean => bytes.length > 0

/** How far a reply has come. From `stopped` on, its end is not a cut. */
type Phase = 'silent' | 'speaking' | 'stopped' | 'done'

class Listener implements StreamSource {
  readonly type = 'stream'
  readonly dialect: string
  readonly drain: StreamSource['drain']
  readonly #of: Listening
  readonly #verbatim: boolean
  readonly #glancer: StreamGlancer
  readonly #cutter: Cutter
  /** What was heard before it had begun. */
  #held: Batch[] | undefined
  /** What the next read will tell. */
  #failing: Failed | undefined
  #phase: Phase = 'silent'
  readonly #choices: Choices | undefined
  #over = false
  #begun = false
  /** Somebody waits for the next read. A caller that takes its time is not the provider's silence. */
  #asking = false
  #heardAt = 0
  /** Set when the reply has stopped: no read moves it any more. */
  #lastMoment: number | undefined
  readonly #counts = (): boolean => this.#asking
  // Made once: there is always a read that waits for them.
  readonly #took = (read: Uint8Array | undefined): Promise<Batch | undefined> | Batch | undefined => this.#take(read)
  readonly #failed = (error: unknown): Batch | undefined => this.#broke(error)

  constructor(of: Listening, voice: Heeded) {
    this.#of = of
    this.#verbatim = voice.verbatim === true
    this.#glancer = voice.stream()
    this.#cutter = voice.cutter()
    this.#choices = of.choices === undefined ? undefined : new Choices(of.choices)
    this.dialect = of.route.dialect.id
    this.drain = of.route.drains ? () => this.#drain() : undefined
  }

  /** It has begun: first comes what was held back until then. */
  resume(held: Batch[]): StreamSource {
    this.#begun = true
    this.#held = held
    if (this.#over) this.#of.account.done()
    this.#wait(this.#heardAt)
    return this
  }

  next(): Promise<Batch | undefined> {
    const held = this.#held?.shift()
    if (held) return Promise.resolve(held)
    this.#held = undefined
    if (this.#failing) return Promise.reject(this.#failing)
    if (this.#over) return Promise.resolve(undefined)
    this.#wait(this.#of.clock.now())
    this.#asking = true
    return this.#of.heard.read().then(this.#took, this.#failed)
  }

  fail(fault: Fault, requestId: string): Uint8Array | undefined {
    return this.#glancer.fail?.(fault, requestId)
  }

  /** The caller has left, or has all that it needs. */
  close(): void {
    if (this.#phase === 'done') this.#of.account.done()
    else this.#of.account.left()
    this.#close()
  }

  #take(read: Uint8Array | undefined): Promise<Batch | undefined> | Batch | undefined {
    this.#asking = false
    if (!read) return this.#end()
    this.#heardAt = this.#of.clock.now()
    const whole = this.#cutter.push(read)
    return whole.length === 0 ? this.next() : this.#understood(whole)
  }

  #understood(bytes: Uint8Array): Batch {
    const read = this.#glancer.read(bytes)
    const failed = faultAmong(read.events) && this.#verbatim && this.#cutter instanceof FrameCutter
    const batch = failed ? upToFault(read, this.#of.route.dialect.stream) : read
    for (const event of batch.events) this.#note(event)
    return batch
  }

  #note(event: Event): void {
    if (event.type === 'done') this.#phase = 'done'
    else if (event.type === 'usage') this.#of.account.used(event.usage)
    else if (event.type === 'fault') this.#fail(event.fault)
    else if (this.#choices) this.#count(event, this.#choices)
    else if (event.type === 'stop' && this.#phase !== 'done') this.#phase = 'stopped'
    else if (event.type === 'content' && this.#phase === 'silent') this.#phase = 'speaking'
  }

  /** One that goes on when others have stopped is waited for like any other. */
  #count(event: Extract<Event, { readonly type: 'content' | 'stop' }>, choices: Choices): void {
    if (this.#phase === 'done') return
    this.#phase = choices.note(event)
    if (this.#phase === 'speaking') this.#lastMoment = undefined
  }

  /** An error ends a stream as its closing mark does. One that shows the key is not for the caller. */
  #fail(fault: Fault): void {
    this.#phase = 'done'
    const told = guarded(fault, this.#of.route)
    if (this.#begun) this.#of.account.failed(failedInside(told, this.#of.route.provider))
    if (told === fault) return
    this.#close()
    throw told
  }

  /**
   * How long the next read may take. Before the beginning, the time for the first token goes on running; after a stop
   * there is one last moment, which only the caller's own pauses put off.
   */
  #wait(now: number): void {
    const { leash, waits, until } = this.#of
    if (this.#phase === 'silent') return
    if (this.#phase === 'speaking') {
      leash.within(Math.min(until - now, waits.idle), 'the next of its reply', this.#counts)
      return
    }
    const grace = this.#phase === 'done' ? afterDoneMs : afterStopMs
    this.#lastMoment = this.#lastMoment === undefined ? now + grace : this.#lastMoment + now - this.#heardAt
    leash.within(Math.min(until, this.#lastMoment) - now, 'the end of its reply', this.#counts)
  }

  #end(): Batch | undefined {
    this.#over = true
    this.#of.leash.free()
    const rest = this.#cutter.end()
    const last = rest.length > 0 && !this.#isRemnant(rest) ? this.#understood(rest) : undefined
    // Half an event, or an error: either way it has been told as a failure, and nothing closes the reply like a whole one.
    if (last && faultAmong(last.events)) return last
    if (this.#hasEnded()) return this.#whole(last)
    const failed = this.#told(cutShort(this.#of.route, 'ended its reply before it was whole'))
    if (!last || !this.#begun || this.#verbatim) throw failed
    // What was told again has been numbered: without it the failure would come behind a gap. Bytes as they came are half an
    // event, behind which nothing can stand.
    this.#failing = failed
    return last
  }

  /** Half an event after all that matters: a reply that is handed on as it came is whole without it. */
  #isRemnant(rest: Uint8Array): boolean {
    return this.#hasEnded() && this.#verbatim && this.#cutter instanceof FrameCutter && isHalfEvent(rest)
  }

  #hasEnded(): boolean {
    return this.#phase === 'stopped' || this.#phase === 'done' || this.#choices?.ended === true
  }

  /** One that has said nothing is no reply, however it ends: that is for whoever began it to tell. */
  #whole(last?: Batch): Batch | undefined {
    if (this.#begun) this.#of.account.done()
    return joined(last, this.#glancer.end?.())
  }

  /** What breaks a stream off that has begun is told to the target's health here; before, by whoever began it. */
  #told(failed: Failed): Failed {
    if (this.#begun) this.#of.account.failed(failed)
    return failed
  }

  /** The network failed, or we cut it off. After a stop that is only a provider which does not know when to end. */
  #broke(error: unknown): Batch | undefined {
    this.#over = true
    const { leash, route } = this.#of
    leash.free()
    const lingering = this.#phase === 'stopped' && leash.why === 'late'
    if (lingering || this.#phase === 'done') return this.#whole()
    const failed = failedBy(error, leash, route.provider)
    if (failed.kind !== 'left') throw this.#told(failed)
    this.#of.account.left()
    throw failed
  }

  /** Nobody waits for the words any more; they are heard for the usage. How it ends makes no difference. */
  async #drain(): Promise<readonly Event[]> {
    const events: Event[] = []
    try {
      for (let batch = await this.next(); batch; batch = await this.next()) events.push(...batch.events)
    } catch (error) {
      events.push({ type: 'fault', fault: Fault.from(error) })
    }
    this.#of.account.left()
    this.#close()
    return events.filter(event => event.type === 'usage' || event.type === 'stop')
  }

  #close(): void {
    this.#over = true
    this.#of.leash.free()
    this.#of.heard.close()
  }
}

function joined(one: Batch | undefined, other: Batch | undefined): Batch | undefined {
  if (!one || !other) return one ?? other
  return { bytes: Buffer.concat([one.bytes, other.bytes]), events: [...one.events, ...other.events] }
}
