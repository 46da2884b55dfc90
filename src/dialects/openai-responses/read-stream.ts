import type { SseEvent } from '../../lib/sse.ts'
import type { Delta } from '../../model/delta.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import type { StreamReader } from '../dialect.ts'
import { frameReader, objectOf, sseIn } from '../frames.ts'
import { odd } from '../provider-fault.ts'
import { tokensIn } from '../token-logprobs.ts'
import { place } from '../told.ts'
import { faultInside } from './fault.ts'
import { readEnd, readItems, readStart } from './read-answer.ts'
import { OutputReading, words } from './read-output.ts'
import { readUsage } from './usage.ts'

/** Reads a stream in full. Events that repeat what others told, or tell how a tool gets on, say nothing. */
export function reader(maker: string): StreamReader {
  const reading = new Reading(maker)
  return {
    ...frameReader(sseIn, event => reading.event(event)),
    closed: () => reading.closed,
    names: () => reading.names(),
  }
}

class Reading {
  readonly #output: OutputReading
  #started = false
  #last = 0
  #id: string | null = null
  #sequence = 0
  /** The ids of the items that have said something, by their places. */
  readonly #ids = new Map<number, string>()
  closed = false

  constructor(maker: string) {
    this.#output = new OutputReading(maker)
  }

  event({ event, data }: SseEvent): readonly Delta[] {
    if (data.trim() === '[DONE]') return [{ type: 'done' }]
    const json = objectOf(data)
    // It may stand beside anything, the end too.
    const fault = faultInside(json, data)
    if (fault) throw fault
    const type = typeof json.type === 'string' ? json.type : event
    this.closed = type === 'response.output_text.delta' ? false : this.closed || closing.has(type)
    const item = this.#itemEvent(type, json)
    if (item && item.length > 0 && typeof json.item_id === 'string') this.#ids.set(this.#last, json.item_id)
    const deltas = item ?? this.#replyEvent(type, json)
    // What tells of a failure is not handed on while another may yet go on: its number is free.
    if (!deltas.some(delta => delta.type === 'fault')) this.#sequence = place(json.sequence_number) ?? this.#sequence
    return deltas
  }

  names(): JsonObject {
    const items = [...this.#ids].map(([index, id]) => ({ index, id }))
    return { id: this.#id, sequence: this.#sequence, items }
  }

  #replyEvent(type: string, json: JsonObject): readonly Delta[] {
    switch (type) {
      case 'response.created':
      case 'response.queued':
      case 'response.in_progress':
        return this.#start(responseIn(json))
      case 'response.completed':
      case 'response.incomplete':
      case 'response.cancelled':
      case 'response.failed':
        return this.#end(responseIn(json))
      default:
        return []
    }
  }

  #itemEvent(type: string, json: JsonObject): readonly Delta[] | undefined {
    const output = this.#output
    switch (type) {
      case 'response.output_item.added':
        return output.added(this.#index(json, output.size), itemIn(json))
      case 'response.output_item.done':
        return output.done(this.#index(json), itemIn(json))
      case 'response.output_text.delta': {
        const said = output.more(this.#index(json), 'text', partOf(json.content_index), words(json.delta, 'delta'))
        const tokens = tokensIn(json.logprobs)
        return tokens.length > 0 ? [...said, { type: 'logprobs', tokens }] : said
      }
      case 'response.output_text.done':
        return output.whole(this.#index(json), 'text', partOf(json.content_index), words(json.text, 'text'))
      case 'response.output_text.annotation.added':
        return output.cite(
          this.#index(json),
          partOf(json.content_index),
          isObject(json.annotation) ? json.annotation : {},
        )
      case 'response.refusal.delta':
        return output.more(this.#index(json), 'refusal', partOf(json.content_index), words(json.delta, 'delta'))
      case 'response.refusal.done':
        return output.whole(this.#index(json), 'refusal', partOf(json.content_index), words(json.refusal, 'refusal'))
      case 'response.reasoning_summary_text.delta':
        return output.more(this.#index(json), 'summary', partOf(json.summary_index), words(json.delta, 'delta'))
      case 'response.reasoning_summary_text.done':
        return output.whole(this.#index(json), 'summary', partOf(json.summary_index), words(json.text, 'text'))
      case 'response.reasoning_text.delta':
      case 'response.reasoning.delta':
        return output.more(this.#index(json), 'reasoning', partOf(json.content_index), words(json.delta, 'delta'))
      case 'response.reasoning_text.done':
      case 'response.reasoning.done':
        return output.whole(this.#index(json), 'reasoning', partOf(json.content_index), words(json.text, 'text'))
      case 'response.function_call_arguments.delta':
      case 'response.custom_tool_call_input.delta':
        return output.input(this.#index(json), words(json.delta, 'delta'))
      case 'response.function_call_arguments.done':
        return output.wholeInput(this.#index(json), words(json.arguments, 'arguments'))
      case 'response.custom_tool_call_input.done':
        return output.wholeInput(this.#index(json), words(json.input, 'input'))
      default:
        return undefined
    }
  }

  /** Where an item stands. One provider gives it another id in each event, so the id says nothing. */
  #index({ output_index: index }: JsonObject, otherwise = this.#last): number {
    this.#last = place(index) ?? otherwise
    return this.#last
  }

  #start(response: JsonObject): readonly Delta[] {
    if (response.store === true) this.#output.stored = true
    if (typeof response.id === 'string') this.#id = response.id
    if (this.#started) return []
    this.#started = true
    return [readStart(response)]
  }

  #end(response: JsonObject): readonly Delta[] {
    const begun = this.#start(response)
    const usage = readUsage(response.usage)
    const fault = faultInside(response, JSON.stringify(response))
    if (fault) return [...begun, ...(usage ? [{ type: 'usage', usage } as const] : []), { type: 'fault', fault }]
    // Some tell their output only here.
    const items = this.#output.size === 0 ? readItems(response, this.#output) : []
    return [...begun, ...items, ...readEnd(response, this.#output), { type: 'done' }]
  }
}

const closing: ReadonlySet<string> = new Set([
  'response.output_text.done',
  'response.content_part.done',
  'response.output_item.done',
])

function responseIn({ response }: JsonObject): JsonObject {
  if (isObject(response)) return response
  throw odd('response', response)
}

function itemIn({ item }: JsonObject): JsonObject {
  if (isObject(item)) return item
  throw odd('item', item)
}

const partOf = (index: Json | undefined): number => (typeof index === 'number' && index >= 0 ? index : 0)
