import { DamagedStream, type EventMessage, messagesIn } from '../../lib/aws-event-stream.ts'
import type { Delta } from '../../model/delta.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import type { StreamReader } from '../dialect.ts'
import { frameReader, objectOf } from '../frames.ts'
import { unreadable, wordsOf } from '../provider-fault.ts'
import { readCitation } from './citations.ts'
import { faultInStream } from './fault.ts'
import { dialectId } from './id.ts'
import { isServers, mediaTypeOf, opaque } from './read-answer.ts'
import { readExtras } from './reply-extras.ts'
import { redacted } from './seals.ts'
import { readStop } from './stop.ts'
import { readTier, readUsage } from './usage.ts'

type Kind = 'text' | 'thought' | 'call' | 'media'

/** A block that has begun: where it stands among ours, what it is, and whether it has said anything. */
type Block = { readonly at: number; readonly kind: Kind; spoken: boolean }

/** A block without a noun, put together until it is whole: the words of its input, or its pieces of content. */
type Held = { readonly block: JsonObject; input: string; readonly content: Json[] }

/** Reads one stream. */
export function reader(maker: string): StreamReader {
  const reading = new Reading(maker)
  return frameReader(soundMessagesIn, message => reading.message(message))
}

function* soundMessagesIn(bytes: Uint8Array): Generator<EventMessage, void> {
  try {
    yield* messagesIn(bytes)
  } catch (error) {
    if (error instanceof DamagedStream) throw unreadable(error.message, error)
    throw error
  }
}

/**
 * Bedrock counts blocks, and begins only those of tools expressly; ours are counted in the order in which they first say
 * something.
 */
class Reading {
  readonly #maker: string
  readonly #blocks: Map<number, Block> = new Map()
  /** Of images that have begun. */
  readonly #mediaTypes: Map<number, string> = new Map()
  readonly #held: Map<number, Held> = new Map()
  #next = 0

  constructor(maker: string) {
    this.#maker = maker
  }

  message({ headers, payload }: EventMessage): readonly Delta[] {
    const kind = headers.get(':message-type')
    if (kind === 'error') throw faultInStream(headers.get(':error-code') ?? '', headers.get(':error-message'))
    const event = objectOf(textOf(payload))
    if (kind === 'exception') throw faultInStream(headers.get(':exception-type') ?? '', wordsOf(event))
    return this.#event(headers.get(':event-type') ?? '', event)
  }

  #event(type: string, event: JsonObject): readonly Delta[] {
    switch (type) {
      case 'messageStart':
        return [{ type: 'start' }]
      case 'contentBlockStart':
        return this.#begin(indexOf(event), event.start)
      case 'contentBlockDelta':
        return this.#more(indexOf(event), event.delta)
      case 'contentBlockStop':
        return this.#end(indexOf(event))
      case 'messageStop':
        return this.#stop(event)
      case 'metadata':
        return metadataOf(event)
      default:
        // An event of a newer version of the service: what it means nobody here could use.
        return []
    }
  }

  #begin(index: number, start: Json | undefined): readonly Delta[] {
    if (!isObject(start)) throw unreadable('a block begins with nothing.')
    const { toolUse, image } = start
    if (isObject(image)) {
      this.#mediaTypes.set(index, mediaTypeOf('image', image.format))
      this.#blocks.delete(index)
      return []
    }
    if (isObject(start.toolResult) || (isObject(toolUse) && isServers(toolUse)))
      this.#held.set(index, { block: start, input: '', content: [] })
    return isObject(toolUse) && !isServers(toolUse) ? [this.#call(index, toolUse)] : []
  }

  #call(index: number, { toolUseId, name }: JsonObject): Delta {
    if (typeof toolUseId !== 'string' || typeof name !== 'string' || name === '')
      throw unreadable('a call of a tool has no id or no name.')
    return { type: 'tool', at: this.#open(index, 'call').at, id: toolUseId, name }
  }

  #open(index: number, kind: Kind): Block {
    const block: Block = { at: this.#next++, kind, spoken: false }
    this.#blocks.set(index, block)
    return block
  }

  /** The block of this index; a new one, should what is said under an index change its kind. */
  #block(index: number, kind: Kind): Block {
    const block = this.#blocks.get(index)
    return block?.kind === kind ? block : this.#open(index, kind)
  }

  #more(index: number, delta: Json | undefined): readonly Delta[] {
    if (!isObject(delta)) throw unreadable('a piece of a block says nothing.')
    const held = this.#held.get(index)
    if (held) return hold(held, delta)
    const { text, toolUse, reasoningContent, citation, image } = delta
    if (text !== undefined) return [{ type: 'text', at: this.#block(index, 'text').at, text: words(text) }]
    if (isObject(toolUse)) return this.#input(index, words(toolUse.input))
    if (isObject(reasoningContent)) return this.#thought(index, reasoningContent)
    if (isObject(citation)) return this.#citation(index, citation)
    return isObject(image) ? this.#image(index, image) : []
  }

  #input(index: number, text: string): readonly Delta[] {
    const block = this.#blocks.get(index)
    if (block?.kind !== 'call') throw unreadable('arguments come before the call that they are for.')
    if (text !== '') block.spoken = true
    return [{ type: 'input', at: block.at, text }]
  }

  #thought(index: number, { text, signature, redactedContent }: JsonObject): readonly Delta[] {
    if (text === undefined && signature === undefined && redactedContent === undefined) return []
    const block = this.#block(index, 'thought')
    const { at } = block
    const deltas: Delta[] = []
    if (text !== undefined) deltas.push({ type: 'reasoning', at, text: words(text) })
    if (signature !== undefined) deltas.push(this.#seal(at, words(signature)))
    if (redactedContent !== undefined) {
      deltas.push(this.#seal(at, block.spoken ? words(redactedContent) : redacted(words(redactedContent))))
      block.spoken = true
    }
    return deltas
  }

  #seal = (at: number, value: string): Delta => ({
    type: 'seal',
    at,
    seal: { dialect: dialectId, maker: this.#maker, value },
  })

  /** A citation may come before the words that it is for; an empty word begins their block. */
  #citation(index: number, citation: JsonObject): readonly Delta[] {
    const begun = this.#blocks.get(index)?.kind === 'text'
    const { at } = this.#block(index, 'text')
    const told: Delta = { type: 'citation', at, citation: readCitation(citation, this.#maker) }
    return begun ? [told] : [{ type: 'text', at, text: '' }, told]
  }

  #image(index: number, { source }: JsonObject): readonly Delta[] {
    if (!isObject(source) || typeof source.bytes !== 'string') return []
    const { at } = this.#block(index, 'media')
    const mediaType = this.#mediaTypes.get(index) ?? 'image/*'
    return [{ type: 'media', at, kind: 'image', source: { from: 'data', mediaType, data: source.bytes } }]
  }

  #end(index: number): readonly Delta[] {
    const held = this.#held.get(index)
    if (held) return this.#tell(index, held)
    const block = this.#blocks.get(index)
    // A tool without arguments is called with none, which in JSON is an empty object.
    if (block?.kind !== 'call' || block.spoken) return []
    block.spoken = true
    return [{ type: 'input', at: block.at, text: '{}' }]
  }

  #tell(index: number, held: Held): readonly Delta[] {
    this.#held.delete(index)
    const { label, seal } = opaque(wholeOf(held), this.#maker)
    return [{ type: 'opaque', at: this.#next++, label, seal }]
  }

  #stop(event: JsonObject): readonly Delta[] {
    const late = [...this.#held.entries()].flatMap(([index, held]) => this.#tell(index, held))
    const fields = readExtras(event)
    const stop = readStop(event.stopReason, event.additionalModelResponseFields)
    if (!stop) throw unreadable('it stops for no reason.')
    return [...late, ...extrasDelta(fields), { type: 'stop', ...stop }]
  }
}

function textOf(payload: Uint8Array): string {
  try {
    return utf8.decode(payload)
  } catch (cause) {
    throw unreadable('a message of its stream is no UTF-8.', cause)
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

const indexOf = ({ contentBlockIndex }: JsonObject): number =>
  typeof contentBlockIndex === 'number' ? contentBlockIndex : 0

function words(value: Json | undefined): string {
  if (typeof value === 'string') return value
  throw unreadable('what should be text is none.')
}

function hold(held: Held, { toolUse, toolResult }: JsonObject): readonly Delta[] {
  if (isObject(toolUse)) held.input += words(toolUse.input)
  if (Array.isArray(toolResult)) held.content.push(...toolResult)
  return []
}

/** A block as it would stand in a whole reply. */
function wholeOf({ block, input, content }: Held): JsonObject {
  const { toolUse, toolResult } = block
  if (isObject(toolUse)) return { toolUse: { ...toolUse, input: inputOf(input) } }
  return isObject(toolResult) ? { toolResult: { ...toolResult, content } } : block
}

function inputOf(text: string): Json {
  if (text === '') return {}
  try {
    return JSON.parse(text) as Json
  } catch (error) {
    throw unreadable('the arguments of a call are no JSON.', error)
  }
}

/** What comes last, after the stop. */
function metadataOf(event: JsonObject): readonly Delta[] {
  const usage = readUsage(event.usage)
  const tier = readTier(event.serviceTier)
  const told: readonly Delta[] = usage ? [{ type: 'usage', usage, ...(tier === undefined ? {} : { tier }) }] : []
  return [...extrasDelta(readExtras(event)), ...told, { type: 'done' }]
}

const extrasDelta = (fields: { readonly [name: string]: Json }): readonly Delta[] =>
  Object.keys(fields).length === 0 ? [] : [{ type: 'extras', dialect: dialectId, fields }]
