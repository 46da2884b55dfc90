import { FrameWriter } from '../../lib/sse.ts'
import type { Delta } from '../../model/delta.ts'
import type { Fault } from '../../model/fault.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Making, StreamWriter } from '../dialect.ts'
import { errorEvent, failureOf } from './fault.ts'
import { type Facts, malformed, type Status, statusOf, writeResponse } from './reply.ts'
import { isSpoken, Output, type Spoken } from './write-output.ts'

export const writer = (making: Making): StreamWriter => new ResponseWriter(making)

/** A stream for a caller: `response.created`, the items as they grow, and the whole response at the end. */
class ResponseWriter implements StreamWriter {
  readonly #making: Making
  readonly #output: Output
  #facts: Omit<Facts, 'status' | 'output'> = {}
  #status: Status | undefined
  #sequence = 0
  #begun = false
  readonly #frames: FrameWriter = new FrameWriter()

  #behind: Making['behind']

  constructor(making: Making) {
    this.#making = making
    this.#behind = making.behind
    this.#output = new Output(making, (type, fields) => this.#tell(type, fields))
  }

  write(deltas: readonly Delta[]): Uint8Array {
    for (const delta of deltas) this.#take(delta)
    this.#fallIn()
    return this.#frames.take()
  }

  /** What was written first has been told in the provider's own frames, which were counted there. */
  #fallIn(): void {
    const last = this.#behind?.sequence
    if (typeof last === 'number') this.#sequence = last + 1
    this.#behind = undefined
  }

  /** The usage may come after the stop, so both are told here. */
  end(): Uint8Array {
    this.#begin()
    const status = this.#status ?? this.#stop({ status: 'completed' })
    const error = status.status === 'failed' ? malformed : undefined
    this.#tell(`response.${status.status}`, { response: this.#response(status, error) })
    return this.#frames.take()
  }

  /** Says nothing that is remembered: if these frames are not sent, they can be asked for again. */
  fail(fault: Fault, requestId: string): Uint8Array {
    const failed = this.#response({ status: 'failed' }, failureOf(fault))
    const frames = new FrameWriter()
    frames.add(JSON.stringify(errorEvent(fault, requestId, this.#sequence)), 'error')
    addEvent(frames, 'response.failed', this.#sequence + 1, { response: failed })
    return frames.take()
  }

  #take(delta: Delta): void {
    if (delta.type !== 'usage' && delta.type !== 'extras' && delta.type !== 'done') this.#begin(delta)
    if (isSpoken(delta)) this.#output.say(delta)
    else this.#hear(delta)
  }

  /** What is told of the reply. */
  #hear(delta: Exclude<Delta, Spoken>): void {
    switch (delta.type) {
      case 'usage':
        this.#know({ usage: delta.usage, tier: delta.tier })
        break
      case 'extras':
        this.#know({ extras: delta })
        break
      case 'stop':
        if ((delta.choice ?? 0) === 0) this.#status ??= this.#stop(statusOf(delta.reason, this.#output.refused))
        break
      case 'start':
      case 'fault':
      case 'done':
        break
      default:
        delta satisfies never
    }
  }

  #know(facts: Partial<Facts>): void {
    const news = Object.entries(facts).filter(([, value]) => value !== undefined)
    this.#facts = { ...this.#facts, ...Object.fromEntries(news) }
  }

  #begin(delta?: Delta): void {
    if (delta?.type === 'start') this.#know({ model: delta.model, created: delta.created })
    if (this.#begun) return
    this.#begun = true
    const response = this.#response({ status: 'in_progress' })
    this.#tell('response.created', { response })
    this.#tell('response.in_progress', { response })
  }

  #stop(status: Status): Status {
    this.#output.end(status.status === 'completed' ? 'completed' : 'incomplete')
    return status
  }

  #response(status: Status, error?: JsonObject): JsonObject {
    return writeResponse({ ...this.#facts, status, output: this.#output.items(), error }, this.#making)
  }

  #tell(type: string, fields: JsonObject): void {
    addEvent(this.#frames, type, this.#sequence++, fields)
  }
}

const addEvent = (frames: FrameWriter, type: string, sequence: number, fields: JsonObject): void =>
  frames.add(JSON.stringify({ type, sequence_number: sequence, ...fields }), type)
