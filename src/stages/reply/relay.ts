import type { Visit } from '../../line.ts'
import type { Event } from '../../model/event.ts'
import { Fault } from '../../model/fault.ts'
import type { Batch, StreamSource } from '../../model/source.ts'
import type { ReplyWorld } from './world.ts'

type Controller = ReadableStreamDefaultController<Uint8Array>

/**
 * Hands a stream on, read by read, and notices what was in it. The next read is asked for only when the caller has taken
 * the last, so a slow caller slows the provider and nothing piles up. Before the closing mark leaves, the row is written;
 * a provider without one is settled before the body ends. However it ends, it is settled.
 *
 * What is here already leaves together: the first read with the headers, the last with the end. A packet costs more than
 * all that is done with its bytes. One hand-written pull stream with plain `then`s: each async layer more costs some 20 us
 * of CPU a stream.
 */
export async function relay(
  source: StreamSource,
  visit: Visit,
  world: ReplyWorld,
): Promise<ReadableStream<Uint8Array>> {
  const relaying = new Relay(source, visit, world)
  await relaying.begin()
  return new ReadableStream(relaying, { highWaterMark: 0 })
}

/** What comes next of a reply; `over` with the last of it. */
type Step = { readonly bytes: Uint8Array; readonly over: boolean }

const nothing = new Uint8Array(0)

class Relay {
  readonly #source: StreamSource
  readonly #visit: Visit
  readonly #world: ReplyWorld
  /** What there was before there was anybody to say it to. */
  #first: Step | undefined
  #controller: Controller | undefined
  #left = false
  /** A read that was asked for before it was wanted. */
  #ahead: Promise<Batch | undefined> | undefined
  // Made once: there is always a read that waits for them.
  readonly #read = (batch: Batch | undefined): Promise<void> | void => this.#deliver(batch)
  readonly #broke = (error: unknown): Promise<void> => this.#fail(error)

  constructor(source: StreamSource, visit: Visit, world: ReplyWorld) {
    this.#source = source
    this.#visit = visit
    this.#world = world
  }

  begin(): Promise<void> {
    return this.pull()
  }

  /** What is there from the start goes out in one packet with the headers (seen on Bun 1.4.5; else it takes three). */
  start(controller: Controller): void {
    this.#controller = controller
    if (this.#first) this.#say(this.#first)
    this.#first = undefined
  }

  /** Never rejects, unless settling does. */
  pull(): Promise<void> {
    const read = this.#ahead ?? this.#source.next()
    this.#ahead = undefined
    return read.then(this.#read, this.#broke)
  }

  /** A caller that has left is not spoken to. */
  #say(step: Step): void {
    if (this.#left) return
    if (!this.#controller) {
      this.#first = step
      return
    }
    if (step.bytes.length > 0) this.#controller.enqueue(step.bytes)
    if (step.over) this.#controller.close()
  }

  async cancel(): Promise<void> {
    this.#left = true
    const { diary } = this.#visit
    diary.ended(new Fault('client_closed', 'The caller left.'))
    const rest = await this.#source.drain?.()
    if (rest) diary.noticed(rest, this.#world.clock.now())
    this.#source.close()
    await this.#world.settle(this.#visit)
  }

  #deliver(batch: Batch | undefined): Promise<void> | void {
    if (!batch) return this.#end(nothing)
    const { bytes, events } = batch
    const { diary } = this.#visit
    diary.noticed(events, this.#world.clock.now())
    if (bytes.length === 0) return this.pull()
    diary.bytesOut += bytes.length
    if (events.some(isFault)) return this.#failed(bytes)
    if (events.some(isDone)) return this.#done(bytes)
    this.#say({ bytes, over: false })
  }

  /** While the row is written it shows whether anything follows the closing mark. */
  async #done(bytes: Uint8Array): Promise<void> {
    let over = false
    this.#ahead = this.#source.next()
    this.#ahead.then(
      batch => {
        over = batch === undefined
      },
      // Told when it is wanted.
      () => undefined,
    )
    await this.#world.settle(this.#visit)
    this.#say({ bytes, over })
  }

  async #end(bytes: Uint8Array): Promise<void> {
    await this.#world.settle(this.#visit)
    this.#say({ bytes, over: true })
  }

  /** The provider's own words tell that it failed. Nothing follows them: what went on would look like a whole reply. */
  #failed(bytes: Uint8Array): Promise<void> {
    this.#source.close()
    return this.#end(bytes)
  }

  /** The reply has begun, so its failure is told inside it, as an event after which nothing comes. */
  async #fail(error: unknown): Promise<void> {
    const { id, diary, dialect } = this.#visit
    this.#source.close()
    const fault = diary.ended(Fault.from(error))
    await this.#world.settle(this.#visit)
    this.#say({ bytes: this.#source.fail(fault, id) ?? dialect.fault.frame(fault, id), over: true })
  }
}

const isFault = ({ type }: Event): boolean => type === 'fault'
const isDone = ({ type }: Event): boolean => type === 'done'
