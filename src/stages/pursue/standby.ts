import type { Clock } from '../../lib/clock.ts'
import { Fault } from '../../model/fault.ts'
import type { Happening } from '../../model/happening.ts'
import type { Target } from '../../model/plan.ts'
import { say } from '../../model/sentence.ts'
import { altered, type Batch, type StreamSource } from '../../model/source.ts'
import { verdictOf } from '../../policy/verdict.ts'
import type { Begun, Handover } from './begun.ts'
import { Failed, failedInside } from './failed.ts'
import { Lull } from './lull.ts'

export type Standby = {
  readonly clock: Clock
  /** A silence after which a connection to the next target is opened, in case it is needed. It is not asked yet. */
  readonly lullMs: number
  warm(): void
  /** Whether what was asked for can be gone on with by another. */
  allows(): boolean
  /** Asks the targets that are left to go on. Throws a Fault if nobody does. */
  goOn(handover: Handover): Promise<Begun>
  tell(happening: Happening): void
}

type Handed = StreamSource & { readonly handover: Handover }

const isHanded = (source: Begun): source is Handed => source.type === 'stream' && source.handover !== undefined

/**
 * A stream that another target continues when the one that tells it falls silent or dies. The caller sees one stream, in
 * which nothing is repeated and nothing is missing. Where that cannot be done safely, it ends with an error.
 */
export function withStandby(first: Begun, standby: Standby): Begun {
  return isHanded(first) ? new Continued(first, standby).source() : first
}

/**
 * A stream that nobody else could go on with, whatever was said of it: a completion has no turns that another could be shown. That
 * it broke off is told like any other that was not continued.
 */
export function withoutStandby(source: Begun, from: Target, tell: (happening: Happening) => void): Begun {
  if (source.type !== 'stream') return source
  const broke = (fault: Fault): void => {
    if (fault.code !== 'client_closed') tell({ type: 'standby', from, result: 'unsafe', reason: reasonOf(fault) })
  }
  const heard = (batch: Batch | undefined): Batch | undefined => {
    const fault = batch?.events.find(event => event.type === 'fault')?.fault
    if (fault) broke(failedInside(fault, from.provider))
    return batch
  }
  return altered(source, {
    next: () =>
      source.next().then(heard, error => {
        broke(Fault.from(error))
        throw error
      }),
  })
}

class Continued {
  readonly #first: Handed
  readonly #standby: Standby
  readonly #lull: Lull
  #current: Handed
  /** What was told in the middle of a read: the caller gets what came before it first. */
  #broken: Fault | undefined
  #closed = false

  constructor(first: Handed, standby: Standby) {
    this.#first = first
    this.#current = first
    this.#standby = standby
    this.#lull = new Lull(standby.clock, standby.lullMs, () => standby.warm())
  }

  source(): StreamSource {
    return {
      type: 'stream',
      dialect: this.#first.dialect,
      next: () => this.#next(),
      fail: (fault, requestId) => this.#first.handover.telling.fail(fault, requestId),
      close: () => this.#close(),
      drain: async () => (await this.#current.drain?.()) ?? [],
    }
  }

  #next(): Promise<Batch | undefined> {
    if (this.#broken) return this.#takeOver(this.#broken)
    return this.#current.next().then(
      batch => this.#heard(batch),
      error => this.#takeOver(Fault.from(error)),
    )
  }

  #heard(batch: Batch | undefined): Batch | undefined {
    if (!batch) {
      this.#lull.end()
      return undefined
    }
    this.#lull.heard()
    const fault = batch.events.find(event => event.type === 'fault')?.fault
    if (!fault) return batch
    const { provider } = this.#current.handover.from
    this.#broken = failedInside(fault, provider)
    return { bytes: batch.bytes, events: batch.events.filter(event => event.type !== 'fault') }
  }

  async #takeOver(fault: Fault): Promise<Batch | undefined> {
    this.#broken = undefined
    const { handover } = this.#current
    this.#current.close()
    if (fault.code === 'client_closed') throw fault
    const about = { type: 'standby', from: handover.from, reason: reasonOf(fault) } as const
    if (!handover.telling.open || !this.#standby.allows()) {
      this.#standby.tell({ ...about, result: 'unsafe' })
      throw fault
    }
    this.#current = await this.#continued(handover, fault, about)
    if (this.#closed) this.#current.close()
    return this.#next()
  }

  async #continued(handover: Handover, fault: Fault, about: About): Promise<Handed> {
    handover.handOn(about.reason)
    try {
      const source = await this.#standby.goOn(handover)
      if (!isHanded(source)) throw new Fault('upstream_failed', 'It answered with no stream.')
      this.#standby.tell({ ...about, to: source.handover.from, result: 'continued' })
      return source
    } catch (error) {
      const why = Fault.from(error)
      if (why.code === 'client_closed') throw why
      this.#standby.tell({ ...about, result: 'failed' })
      throw new Fault(fault.code, say`${fault} Nobody could go on with it: ${why}`, { cause: why })
    }
  }

  #close(): void {
    this.#closed = true
    this.#lull.end()
    this.#current.close()
  }
}

type About = { readonly type: 'standby'; readonly from: Target; readonly reason: string }

const reasonOf = (fault: Fault): string => (fault instanceof Failed ? verdictOf(fault.kind).kind : fault.code)
