import type { Signal } from '../../lib/leaving.ts'
import type { Event } from '../../model/event.ts'
import { Fault } from '../../model/fault.ts'
import { altered, type Batch, type Source, type StreamSource } from '../../model/source.ts'

/** A reply that is whole. */
export type Whole = { readonly source: Source; readonly batches: readonly Batch[] }

export type SharedOptions = {
  /** So many bytes of the reply are remembered for those who come later. */
  readonly most: number
  /** Is told of a whole reply before the last of it is handed on; again, if more comes than its dialect's last mark. */
  keep(whole: Whole): Promise<void> | undefined
}

export const left = (): Fault => new Fault('client_closed', 'The caller left.')

const tooLong = (): Fault =>
  new Fault(
    'overloaded',
    'This reply is too long to be shared with a request that is behind. Ask again when the first is over.',
    {
      retryAfterMs: 1_000,
    },
  )

/**
 * One pursuit and its reply, for several callers. Whoever is furthest pulls; the others are told from memory, up to
 * `most` bytes. It goes on as long as one of them is there, and is given up when the last has left.
 */
export class Shared {
  readonly #options: SharedOptions
  readonly #abort = new AbortController()
  readonly #ended = Promise.withResolvers<void>()
  readonly #usage = Promise.withResolvers<readonly Event[]>()
  #source: Promise<Source> | undefined
  #got: Source | undefined
  #callers = 0
  #abandoned = false
  #batches: Batch[] = []
  /** How many batches are no longer kept: only the reader that is furthest still gets what comes. */
  #forgotten = 0
  #bytes = 0
  #forgetting = false
  /** How many batches were there when the reply was kept. */
  #keptUpTo = 0
  #over: 'whole' | Fault | undefined
  #pulling: Promise<void> | undefined
  #told: Event[] = []

  constructor(options: SharedOptions) {
    this.#options = options
  }

  /** Resolves when it is over, however it ended. */
  get ended(): Promise<void> {
    return this.#ended.promise
  }

  /** Whether it can still be joined: what was forgotten of it is gone for whoever comes later. */
  get open(): boolean {
    return !this.#forgetting
  }

  /** The last has left. It takes a while to stop what runs, and whoever comes then would be stopped with it. */
  get abandoned(): boolean {
    return this.#abandoned
  }

  /** Cut when nobody waits any more. */
  get signal(): AbortSignal {
    return this.#abort.signal
  }

  /** The first caller's: begins the pursuit. What it costs is this caller's to settle, even if it leaves before the others. */
  begin(ask: () => Promise<Source>, signal: Signal): Promise<Source> {
    this.#callers++
    this.#source = ask().then(source => this.#begun(source))
    this.#source.catch(error => this.#end(Fault.from(error)))
    return this.#wait(signal)
  }

  /** What the reply was seen to use, once it is over. */
  get usage(): Promise<readonly Event[]> {
    return this.#usage.promise
  }

  /** Another caller's: waits for the same reply. It costs nothing more, so nothing of its usage is told. */
  join(signal: Signal): Promise<Source> {
    if (this.#forgetting) return Promise.reject(tooLong())
    this.#callers++
    return this.#wait(signal).then(withoutUsage)
  }

  async #wait(signal: Signal): Promise<Source> {
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

  async #begun(source: Source): Promise<Source> {
    this.#got = source
    if (source.type === 'whole') {
      await this.#take({ bytes: source.bytes, events: source.events }, true)
      this.#end('whole')
    } else if (this.#callers === 0) this.#giveUp()
    return source
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
      if (batch) await this.#take(batch, batch.events.some(isDone))
      else await this.#finish()
    } catch (error) {
      this.#end(Fault.from(error))
    } finally {
      this.#pulling = undefined
    }
  }

  /** The last of a reply is kept first and handed on then: whoever has had it whole can have it again. */
  async #take(batch: Batch, last: boolean): Promise<void> {
    for (const event of batch.events) this.#told.push(event)
    this.#bytes += batch.bytes.length
    if (this.#bytes > this.#options.most) this.#forgetting = true
    if (last) await this.#keep([...this.#batches, batch])
    if (this.#forgetting) {
      this.#forgotten += this.#batches.length
      this.#batches = []
    }
    this.#batches.push(batch)
  }

  /** A stream without a last mark is whole at its end, and so is one with something behind the mark. */
  async #finish(): Promise<void> {
    if (this.#keptUpTo !== this.#batches.length) await this.#keep(this.#batches)
    this.#end('whole')
  }

  async #keep(batches: readonly Batch[]): Promise<void> {
    const failed = this.#told.some(event => event.type === 'fault')
    if (failed || this.#forgetting || this.#abandoned || !this.#got) return
    this.#keptUpTo = batches.length
    await this.#options.keep({ source: this.#got, batches })
  }

  #end(over: 'whole' | Fault): void {
    if (this.#over) return
    this.#over = over
    this.#ended.resolve()
    this.#usage.resolve(this.#told.filter(event => event.type === 'usage'))
  }

  #leave(): void {
    this.#callers--
    // A reply that is whole is only to be kept yet, for whoever comes next.
    if (this.#callers > 0 || this.#over || this.#got?.type === 'whole') return
    this.#abandoned = true
    void this.#drain().finally(() => this.#giveUp())
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
  return altered(source, {
    next: async () => {
      const batch = await source.next()
      return batch && { ...batch, events: batch.events.filter(isNotUsage) }
    },
    drain: undefined,
  })
}

const isDone = (event: Event): boolean => event.type === 'done'

const isNotUsage = (event: Event): boolean => event.type !== 'usage'
