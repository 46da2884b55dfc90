import type { SseEvent } from '../../lib/sse.ts'
import type { Delta } from '../../model/delta.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import type { StreamReader } from '../dialect.ts'
import { frameReader, objectOf, sseIn } from '../frames.ts'
import { odd, unreadable } from '../provider-fault.ts'
import { word } from '../told.ts'
import { faultInside } from './fault.ts'
import { Block } from './read-stream-block.ts'
import { readExtras } from './reply-head.ts'
import { madeBy, type Origin } from './seals.ts'
import { readStop } from './stop.ts'
import { beyondUsage, laterUsage, readTier, readUsage } from './usage.ts'

/** Reads a stream in full. New kinds of events and deltas may come at any time, and are passed over. */
export function reader(maker: string): StreamReader {
  const reading = new Reading(maker)
  return { ...frameReader(sseIn, event => reading.event(event)), closed: () => reading.closed }
}

class Reading {
  readonly #origin: Origin
  /** Blocks that have begun and not ended, by their index on the wire. */
  readonly #open: Map<Json, Block> = new Map()
  #begun = 0
  /** Our own blocks. */
  #said = 0
  #started = false
  #usage: JsonObject | undefined

  constructor(maker: string) {
    this.#origin = madeBy(maker)
  }

  get closed(): boolean {
    return this.#begun > 0 && this.#open.size === 0
  }

  event({ event: name, data }: SseEvent): readonly Delta[] {
    // Not Anthropic's, but some who speak its dialect end every stream so.
    if (data === '[DONE]') return [...this.#closeAll(), { type: 'done' }]
    const event = objectOf(data)
    const fault = faultInside(event, data)
    if (fault) throw fault
    switch (typeof event.type === 'string' ? event.type : name) {
      case 'message_start':
        return this.#start(needed(event.message, 'message'))
      case 'content_block_start':
        return this.#begin(event.index ?? this.#begun, needed(event.content_block, 'content_block'))
      case 'content_block_delta':
        return this.#continue(event.index ?? this.#begun - 1, needed(event.delta, 'delta'))
      case 'content_block_stop':
        return this.#close(event.index ?? this.#begun - 1)
      case 'message_delta':
        return this.#end(event)
      case 'message_stop':
        return [...this.#closeAll(), { type: 'done' }]
      default:
        return []
    }
  }

  /** Said twice, the second time adds nothing but its usage. */
  #start({ id, model, usage, ...message }: JsonObject): readonly Delta[] {
    const again = this.#started
    this.#started = true
    const begins: Delta = { type: 'start', id: word(id), model: word(model) }
    return [...(again ? [] : [begins]), ...this.#count(usage), ...this.#extras(message)]
  }

  #count(wire: Json | undefined): readonly Delta[] {
    this.#usage = laterUsage(this.#usage, wire)
    const usage = isObject(wire) ? readUsage(this.#usage) : undefined
    const tier = readTier(this.#usage)
    return usage ? [{ type: 'usage', usage, ...(tier === undefined ? {} : { tier }) }] : []
  }

  #extras(object: JsonObject, usage?: JsonObject): readonly Delta[] {
    const extras = readExtras(object, usage)
    return extras ? [{ type: 'extras', ...extras }] : []
  }

  #begin(index: Json, wire: JsonObject): readonly Delta[] {
    const there = this.#open.get(index)
    // The same beginning twice.
    if (there?.type === wire.type) return []
    const before = there ? this.#close(index) : []
    const block = new Block(wire, () => this.#said++, this.#origin)
    this.#begun++
    this.#open.set(index, block)
    return [...before, ...block.start()]
  }

  /** A block that has not been begun is begun by its first words, if they say of what kind it is. */
  #continue(index: Json, delta: JsonObject): readonly Delta[] {
    const begun = this.#open.get(index)
    if (begun) return begun.continue(delta)
    const type = delta.type === 'text_delta' ? 'text' : delta.type === 'thinking_delta' ? 'thinking' : undefined
    if (type === undefined) throw unreadable('its stream goes on with a block that it has not begun.')
    const first = this.#begin(index, { type })
    return [...first, ...(this.#open.get(index)?.continue(delta) ?? [])]
  }

  #close(index: Json): readonly Delta[] {
    const block = this.#open.get(index)
    this.#open.delete(index)
    return block?.end() ?? []
  }

  #closeAll(): readonly Delta[] {
    return [...this.#open.keys()].flatMap(index => this.#close(index))
  }

  #end({ delta, usage, ...beside }: JsonObject): readonly Delta[] {
    const { stop_reason: raw, stop_sequence: sequence, ...facts } = needed(delta ?? {}, 'delta')
    const found = typeof sequence === 'string' ? { sequence } : {}
    const stops: readonly Delta[] =
      typeof raw === 'string' ? [{ type: 'stop', reason: readStop(raw), raw, ...found }] : []
    const counts = this.#count(usage)
    const extras = this.#extras({ ...beside, ...facts }, beyondUsage(this.#usage))
    return [...this.#closeAll(), ...extras, ...counts, ...stops]
  }
}

const needed = (value: Json | undefined, name: string): JsonObject => {
  if (isObject(value)) return value
  throw odd(name, value)
}
