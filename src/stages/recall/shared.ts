import type { Event } from '../../model/event.ts'
import { Fault } from '../../model/fault.ts'
import type { Batch, Source, StreamSource } from '../../model/source.ts'

/** What became of a reply that several callers wait for. */
export type Ended =
  | { readonly type: 'whole'; readonly source: Source; readonly batches: readonly Batch[] }
  /** It failed, was left by all, or was too long to be kept. */
  | { readonly type: 'lost' }

const left = (): Fault => new Fault('client_closed', 'The caller left.')

const tooLong = (): Fault =>
  new Fault(
    'overloaded',
    'This reply is too long to be shared. Ask again without the idempotency-key, or wait for the first.',
    {
      retryAfterMs: 1_000,
    },
  )

/**
 * One pursuit and its reply, for several callers. Whoever is furthest pulls; the others are told from memory, up to
 * `most` bytes. It goes on as long as one of them is there, and is given up when the last has left.
 */
export class Shared {
  readonly #most: number
  readonly #abort = new AbortController()
  readonly #ended = Promise.withResolvers<Ended>()
  readonly #usage = Promise.withResolvers<readonly Event[]>()
  #source: Promise<Source> | undefined
  #got: Source | undefined
  #callers = 0
  #batches: Batch[] = []
  /** How many batches are no longer kept: only the reader that is furthest still gets what comes. */
  #forgotten = 0
  #bytes = 0
  #forgetting = false
  #over: 'whole' | Fault | undefined
  #pulling: Promise<void> | undefined
  #told: Event[] = []

  constructor(most: number) {
    this.#most = most
  }

  /** How it ended, once it has. */
  get ended(): Promise<Ended> {
    return this.#ended.promise
  }

  /** Cut when nobody waits any more. */
  get signal(): AbortSignal {
    return this.#abort.signal
  }

  /** The first caller's: begins the pursuit. What it costs is this caller's to settle, even if it leaves before the others. */
  begin(ask: () => Promise<Source>, signal: AbortSignal): Promise<Source> {
    this.#callers++
    this.#source = ask()
    this.#source.then(
      source => this.#begun(source),
      error => this.#end(Fault.from(error)),
    )
    return this.#wait(signal)
  }

  /** What the reply was seen to use, once it is over. */
  get usage(): Promise<readonly Event[]> {
    return this.#usage.promise
  }

  /** Another caller's: waits for the same reply. It costs nothing more, so nothing of its usage is told. */
  join(signal: AbortSignal): Promise<Source> {
    if (this.#forgetting) return Promise.reject(tooLong())
    this.#callers++
    return this.#wait(signal).then(withoutUsage)
  }

  async #wait(signal: AbortSignal): Promise<Source> {
    const { promise: leaving, reject } = Promise.withResolvers<never>()
    const leave = (): void => reject(left())
    if (signal.aborted) leave()
    else signal.addEventListener('abort', leave, { once: true })
    try {
      const source = await Promise.race([this.#source ?? leaving, leaving])
      return source.type === 'whole' ? source : this.#reader(source)
    } catch (error) {
      this.#leave()
      throw error
    } finally {
      signal.removeEventListener('abort', leave)
    }
  }

  #begun(source: Source): void {
    this.#got = source
    if (source.type === 'whole') {
      this.#take({ bytes: source.bytes, events: source.events })
      this.#end('whole')
    } else if (this.#callers === 0) this.#giveUp()
  }

  #reader(source: StreamSource): StreamSource {
    let at = 0
    let here = true
    const leave = (): void => {
      if (here) this.#leave()
      here = false
    }
    return {
      type: 'stream',
      dialect: source.dialect,
      next: async () => {
        const batch = await this.#at(at, source)
        at++
        return batch
      },
      fail: (fault, requestId) => source.fail(fault, requestId),
      close: leave,
      drain: async () => {
        leave()
        return this.#usage.promise
      },
    }
  }

  async #at(at: number, source: StreamSource): Promise<Batch | undefined> {
    while (at >= this.#batches.length + this.#forgotten) {
      if (this.#over === 'whole') return undefined
      if (this.#over) throw this.#over
      this.#pulling ??= this.#pull(source)
      await this.#pulling
    }
    const batch = this.#batches[at - this.#forgotten]
    if (!batch) throw tooLong()
    return batch
  }

  async #pull(source: StreamSource): Promise<void> {
    try {
      const batch = await source.next()
      if (batch) this.#take(batch)
      else this.#end('whole')
    } catch (error) {
      this.#end(Fault.from(error))
    } finally {
      this.#pulling = undefined
    }
  }

  #take(batch: Batch): void {
    for (const event of batch.events) this.#told.push(event)
    this.#bytes += batch.bytes.length
    if (this.#bytes > this.#most) this.#forgetting = true
    if (this.#forgetting) {
      this.#forgotten += this.#batches.length
      this.#batches = []
    }
    this.#batches.push(batch)
  }

  #end(over: 'whole' | Fault): void {
    if (this.#over) return
    this.#over = over
    const failed = over !== 'whole' || this.#told.some(event => event.type === 'fault')
    const source = failed || this.#forgetting ? undefined : this.#got
    this.#ended.resolve(source ? { type: 'whole', source, batches: this.#batches } : { type: 'lost' })
    this.#usage.resolve(this.#told.filter(event => event.type === 'usage'))
  }

  #leave(): void {
    this.#callers--
    if (this.#callers === 0 && !this.#over) void this.#drain().finally(() => this.#giveUp())
  }

  /** What the reply used is still to be known, where its provider is heard to the end. */
  async #drain(): Promise<void> {
    const events = this.#got?.type === 'stream' ? await this.#got.drain?.() : undefined
    if (events) this.#told.push(...events)
  }

  /** A pursuit that has not begun to answer ends by the signal, and then this does. */
  #giveUp(): void {
    this.#abort.abort()
    if (this.#got?.type !== 'stream') return
    this.#got.close()
    this.#end(left())
  }
}

function withoutUsage(source: Source): Source {
  if (source.type === 'whole') return { ...source, events: source.events.filter(isNotUsage) }
  return {
    ...source,
    next: async () => {
      const batch = await source.next()
      return batch && { ...batch, events: batch.events.filter(isNotUsage) }
    },
    drain: undefined,
  }
}

const isNotUsage = (event: Event): boolean => event.type !== 'usage'
