import { FrameWriter } from '../../lib/sse.ts'
import type { Answer } from '../../model/answer.ts'
import { type BlockDelta, type Delta, isOfBlock } from '../../model/delta.ts'
import type { Fault } from '../../model/fault.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Sealed } from '../../model/sealed.ts'
import type { Making, StreamWriter } from '../dialect.ts'
import { Brackets, type WireEvent } from './brackets.ts'
import { fault as faults } from './fault.ts'
import { messageOf, ownFields, usageBeyond, writeStopped } from './reply-head.ts'
import { writeLastUsage, writeUsage } from './usage.ts'

type StopDelta = Extract<Delta, { readonly type: 'stop' }>

export const writer = (making: Making): StreamWriter => new Writing(making)

/** A reply as a stream of Anthropic's: each event leaves at once, except what the brackets of blocks hold back. */
class Writing implements StreamWriter {
  readonly #making: Making
  readonly #brackets: Brackets
  readonly #frames: FrameWriter = new FrameWriter()
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
    for (const delta of deltas) {
      if (isOfBlock(delta)) this.#say(delta, deltas)
      else this.#hear(delta)
    }
    return this.#frames.take()
  }

  #hear(delta: Exclude<Delta, BlockDelta>): void {
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

  /** With the first thing that is said: some providers tell the model's name only then (Azure). */
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
    return this.#frames.take()
  }

  #lateTier(): string | undefined {
    return this.#usage.tier === this.#toldTier ? undefined : this.#usage.tier
  }

  fail(fault: Fault, requestId: string): Uint8Array {
    return faults.frame(fault, requestId)
  }

  #emit(event: WireEvent): void {
    this.#frames.add(JSON.stringify(event), event.type)
  }
}

/** What was sealed to a call, where the same read brought it: who made the call is told at its beginning. */
function sealOf({ at }: BlockDelta, batch: readonly Delta[]): Sealed | undefined {
  const sealing = batch.find(delta => delta.type === 'seal' && delta.at === at && !delta.choice)
  return sealing?.type === 'seal' ? sealing.seal : undefined
}
