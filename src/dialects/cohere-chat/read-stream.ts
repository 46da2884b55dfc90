import type { Delta } from '../../model/delta.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import type { StreamReader } from '../dialect.ts'
import { frameReader, objectOf, sseIn } from '../frames.ts'
import { failedInside, unreadable, wordsOf } from '../provider-fault.ts'
import { word } from '../told.ts'
import { readCitations } from './citations.ts'
import { failureOf } from './fault.ts'
import { dialectId } from './id.ts'
import { readLogprobs } from './logprobs.ts'
import { isAboutText } from './read-answer.ts'
import { readExtras } from './reply-extras.ts'
import { planSeal } from './seals.ts'
import { readStop } from './stop.ts'
import { readUsage } from './usage.ts'

type Block = { readonly at: number; readonly kind: 'plan' | 'thought' | 'text' | 'call'; said: string }

/** Reads one stream. */
export function reader(maker: string): StreamReader {
  const reading = new Reading(maker)
  return frameReader(sseIn, ({ data }) => reading.frame(data))
}

/**
 * Cohere counts contents and calls apart, and its plan not at all; ours are counted together, in the order in which they
 * begin.
 */
class Reading {
  readonly #maker: string
  /** By Cohere's name for them: `content 0`, `call 0`, `plan`. */
  readonly #blocks: Map<string, Block> = new Map()
  #next = 0

  constructor(maker: string) {
    this.#maker = maker
  }

  frame(data: string): readonly Delta[] {
    if (data === '[DONE]') return [{ type: 'done' }]
    const event = objectOf(data)
    const message = isObject(event.delta) && isObject(event.delta.message) ? event.delta.message : {}
    switch (typeof event.type === 'string' ? event.type : '') {
      case 'message-start':
        return [{ type: 'start', id: word(event.id) }]
      case 'tool-plan-delta':
        return this.#plan(message.tool_plan)
      case 'content-start':
      case 'content-delta':
        return [...this.#endPlan(), ...this.#content(event, message.content)]
      case 'tool-call-start':
        return [...this.#endPlan(), ...this.#call(indexOf(event), message.tool_calls)]
      case 'tool-call-delta':
        return this.#input(indexOf(event), message.tool_calls)
      case 'tool-call-end':
        return this.#endCall(indexOf(event))
      case 'citation-start':
        return this.#citation(message.citations)
      case 'message-end':
        return [...this.#endPlan(), ...endOf(event.delta)]
      default:
        return beyond(event)
    }
  }

  #plan(words: Json | undefined): readonly Delta[] {
    const block = this.#blocks.get('plan') ?? this.#open('plan', 'plan')
    return [{ type: 'reasoning', at: block.at, text: said(words) }]
  }

  /** A plan is marked as one when it is whole. */
  #endPlan(): readonly Delta[] {
    const plan = this.#blocks.get('plan')
    if (plan?.said !== '') return []
    plan.said = 'whole'
    return [{ type: 'seal', at: plan.at, seal: planSeal(this.#maker) }]
  }

  #open(name: string, kind: Block['kind']): Block {
    const block: Block = { at: this.#next++, kind, said: '' }
    this.#blocks.set(name, block)
    return block
  }

  #content(event: JsonObject, content: Json | undefined): readonly Delta[] {
    const { text, thinking } = isObject(content) ? content : {}
    const deltas: Delta[] = []
    if (thinking !== undefined && thinking !== null) deltas.push(...this.#words(event, 'thought', said(thinking)))
    if (text !== undefined && text !== null) deltas.push(...this.#words(event, 'text', said(text)))
    if (isObject(event.logprobs)) deltas.push({ type: 'logprobs', tokens: readLogprobs([event.logprobs]) })
    return deltas
  }

  /** A start without words begins nothing yet. */
  #words(event: JsonObject, kind: 'text' | 'thought', words: string): readonly Delta[] {
    if (words === '') return []
    const name = `content ${indexOf(event)} ${kind}`
    const block = this.#blocks.get(name) ?? this.#open(name, kind)
    block.said += words
    return [{ type: kind === 'text' ? 'text' : 'reasoning', at: block.at, text: words }]
  }

  #call(index: number, call: Json | undefined): readonly Delta[] {
    const { id, function: called } = callIn(call)
    const { name, arguments: input = '' } = isObject(called) ? called : {}
    if (typeof name !== 'string' || name === '') throw unreadable('a call of a tool has no name.')
    const block = this.#open(`call ${index}`, 'call')
    const begun: Delta = { type: 'tool', at: block.at, id: typeof id === 'string' ? id : `call_${index}`, name }
    return input === '' ? [begun] : [begun, this.#more(block, said(input))]
  }

  #input(index: number, call: Json | undefined): readonly Delta[] {
    const block = this.#blocks.get(`call ${index}`)
    if (!block) throw unreadable('arguments come before the call that they are for.')
    const { function: called } = callIn(call)
    return [this.#more(block, said(isObject(called) ? called.arguments : undefined))]
  }

  #more(block: Block, text: string): Delta {
    block.said += text
    return { type: 'input', at: block.at, text }
  }

  /** A tool without arguments is called with none, which in JSON is an empty object. */
  #endCall(index: number): readonly Delta[] {
    const block = this.#blocks.get(`call ${index}`)
    return block?.said === '' ? [this.#more(block, '{}')] : []
  }

  #citation(citation: Json | undefined): readonly Delta[] {
    if (!isObject(citation)) throw unreadable('a citation is no object.')
    const block = this.#cited(citation)
    if (!block || !isAboutText(citation)) return []
    return readCitations(citation, block.said, this.#maker).map(each => ({
      type: 'citation',
      at: block.at,
      citation: each,
    }))
  }

  /** The text that is cited: of the content that is named, or the first there is. */
  #cited({ content_index: index }: JsonObject): Block | undefined {
    const named = typeof index === 'number' ? this.#blocks.get(`content ${index} text`) : undefined
    return named ?? [...this.#blocks.values()].find(({ kind }) => kind === 'text')
  }
}

const indexOf = ({ index }: JsonObject): number => (typeof index === 'number' ? index : 0)

function said(value: Json | undefined): string {
  if (typeof value === 'string') return value
  throw unreadable('what should be text is none.')
}

/** A call; the documentation also shows lists of one. */
function callIn(calls: Json | undefined): JsonObject {
  const call = Array.isArray(calls) ? calls[0] : calls
  if (isObject(call)) return call
  throw unreadable('a call of a tool is no object.')
}

function endOf(end: Json | undefined): readonly Delta[] {
  const delta = isObject(end) ? end : {}
  const usage = readUsage(delta.usage)
  const fields = readExtras(delta.usage)
  const told: Delta[] = []
  if (Object.keys(fields).length > 0) told.push({ type: 'extras', dialect: dialectId, fields })
  if (usage) told.push({ type: 'usage', usage })
  const failure = failureOf(delta)
  const stop = readStop(delta.finish_reason)
  if (failure) return [...told, { type: 'fault', fault: failure }]
  return stop ? [...told, { type: 'stop', ...stop }] : told
}

/** An error without a type, or an event that says nothing here (`content-end`, `citation-end`, `debug`). */
function beyond(event: JsonObject): readonly Delta[] {
  const words = event.type === undefined || event.type === 'error' ? wordsOf(event) : undefined
  if (words !== undefined) throw failedInside(words)
  return []
}
