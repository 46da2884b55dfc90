import { sseText } from '../../lib/sse.ts'
import type { Answer } from '../../model/answer.ts'
import type { Delta } from '../../model/delta.ts'
import type { Fault } from '../../model/fault.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Sealed } from '../../model/sealed.ts'
import type { Making, StreamWriter } from '../dialect.ts'
import { Brackets, type WireEvent } from './brackets.ts'
import { fault as faults } from './fault.ts'
import { messageOf, ownFields, usageBeyond, writeStopped } from './message.ts'
import { writeLastUsage, writeUsage } from './usage.ts'

type BlockDelta = Extract<Delta, { readonly at: number }>
type StopDelta = Extract<Delta, { readonly type: 'stop' }>

const encoder = new TextEncoder()

/** A reply as a stream of Anthropic's: each event leaves at once, except what the brackets of blocks hold back. */
export class Writing implements StreamWriter {
  readonly #making: Making
  readonly #brackets: Brackets
  #text = ''
  #begun = false
  #head: Pick<Answer, 'id' | 'model'> = {}
  #usage: Pick<Answer, 'usage' | 'tier'> = {}
  #toldTier: string | undefined
  #facts: JsonObject = {}
  #stop: StopDelta | undefined

  constructor(making: Making) {
    this.#making = making
    this.#brackets = new Brackets(making.id, event => this.#emit(event))
  }

  write(deltas: readonly Delta[]): Uint8Array {
    for (const delta of deltas) this.#take(delta, deltas)
    // Whatever the batch knew of the beginning is in it by now.
    if (deltas.length > 0) this.#begin()
    return this.#taken()
  }

  #take(delta: Delta, batch: readonly Delta[]): void {
    switch (delta.type) {
      case 'start':
        this.#head = { id: this.#head.id ?? delta.id, model: this.#head.model ?? delta.model }
        break
      case 'usage':
        this.#usage = { usage: delta.usage, tier: delta.tier ?? this.#usage.tier }
        break
      case 'extras':
        this.#facts = { ...this.#facts, ...ownFields(delta) }
        break
      case 'stop':
        this.#stopped(delta)
        break
      case 'logprobs':
      case 'fault':
      case 'done':
        break
      case 'text':
      case 'reasoning':
      case 'refusal':
      case 'tool':
      case 'input':
      case 'seal':
      case 'citation':
      case 'media':
      case 'opaque':
        this.#say(delta, batch)
        break
      default:
        delta satisfies never
    }
  }

  /** A client of this dialect asked for one reply: others have no place. */
  #say(delta: BlockDelta, batch: readonly Delta[]): void {
    if (delta.choice) return
    this.#begin()
    this.#brackets.take(delta, delta.type === 'tool' ? sealOf(delta, batch) : undefined)
  }

  #stopped(stop: StopDelta): void {
    if (stop.choice) return
    this.#stop ??= stop
    this.#brackets.closeAll()
  }

  #begin(): void {
    if (this.#begun) return
    this.#begun = true
    const { usage, tier } = this.#usage
    this.#toldTier = tier
    const message = {
      ...messageOf(this.#head, this.#making),
      content: [],
      ...writeStopped(undefined, false, {}),
      usage: writeUsage(usage, tier, usageBeyond(this.#facts)),
    }
    this.#emit({ type: 'message_start', message })
  }

  end(): Uint8Array {
    this.#begin()
    this.#brackets.closeAll()
    const stop = this.#stop ?? { reason: 'end' as const }
    const { context_management: managed, ...facts } = this.#facts
    this.#emit({
      type: 'message_delta',
      delta: writeStopped(stop, this.#brackets.calledTools, facts),
      usage: writeLastUsage(this.#usage.usage, this.#lateTier(), usageBeyond(facts)),
      ...(managed === undefined ? {} : { context_management: managed }),
    })
    this.#emit({ type: 'message_stop' })
    return this.#taken()
  }

  #lateTier(): string | undefined {
    return this.#usage.tier === this.#toldTier ? undefined : this.#usage.tier
  }

  fail(fault: Fault, requestId: string): Uint8Array {
    return faults.frame(fault, requestId)
  }

  #emit(event: WireEvent): void {
    this.#text += sseText(JSON.stringify(event), event.type)
  }

  #taken(): Uint8Array {
    const bytes = encoder.encode(this.#text)
    this.#text = ''
    return bytes
  }
}

/** What was sealed to a call, where the same read brought it: who made the call is told at its beginning. */
function sealOf({ at }: BlockDelta, batch: readonly Delta[]): Sealed | undefined {
  const sealing = batch.find(delta => delta.type === 'seal' && delta.at === at && !delta.choice)
  return sealing?.type === 'seal' ? sealing.seal : undefined
}
