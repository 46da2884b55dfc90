import type { ChoiceDelta, Delta, StopReason } from '../../model/delta.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Citation } from '../../model/part.ts'
import type { Sealed } from '../../model/sealed.ts'
import type { Making } from '../dialect.ts'
import { type CallForm, callFormOf } from './call-form.ts'
import { writeCitation } from './citations.ts'
import { writeLogprobs } from './logprobs.ts'
import { soundName, writeShown } from './shown.ts'
import { writeStop } from './stop.ts'
import { signatureFor, withSignature, writeSeal, writeWords } from './thoughts.ts'

/** A delta that belongs to one of several replies. */
type BlockDelta = Exclude<ChoiceDelta, { readonly type: 'stop' | 'logprobs' }>
type Of<T extends Delta['type']> = Extract<Delta, { readonly type: T }>

/** What has to be known of a block when more comes to it. */
type Block =
  | { readonly type: 'text'; readonly from: number; length: number; readonly citations: Citation[] }
  | { readonly type: 'thought'; readonly index: number; readonly summary: boolean; worded: boolean }
  | { readonly type: 'call'; readonly index: number; readonly custom: boolean }
  | { readonly type: 'sound'; seal?: Sealed }
  | { readonly type: 'other' }

type Text = Extract<Block, { readonly type: 'text' }>
type Thought = Extract<Block, { readonly type: 'thought' }>

/** Writes one of several replies as choices of chunks, each a JSON text. */
export class ChoiceWriter {
  readonly #index: number
  readonly #making: Making
  readonly #form: CallForm
  readonly #blocks: Map<number, Block> = new Map()
  /** The text that is being said; citations of all of it wait until it is over. */
  #text: Text | undefined
  #textAt: number | undefined
  #length = 0
  #thoughts = 0
  #calls = 0
  #begun = false
  #refused = false
  #stopped = false

  constructor(index: number, making: Making) {
    this.#index = index
    this.#making = making
    this.#form = callFormOf(making.body)
  }

  write(delta: ChoiceDelta): readonly string[] {
    if (delta.type === 'logprobs') return [this.#choice({}, { logprobs: delta.tokens })]
    if (delta.type === 'stop') return this.#stop(delta.reason)
    const over = delta.at === this.#textAt ? [] : this.#endText()
    const said = this.#block(delta)
    return said ? [...over, this.#choice(said)] : over
  }

  /** A reply that never said why it stopped had said all. */
  end(): readonly string[] {
    return this.#stop(this.#calls > 0 ? 'tools' : 'end')
  }

  #block(delta: BlockDelta): JsonObject | undefined {
    switch (delta.type) {
      case 'text':
        return this.#say(delta)
      case 'reasoning':
        return this.#think(delta)
      case 'refusal':
        this.#refused = true
        return delta.text === '' ? undefined : { refusal: delta.text }
      case 'tool':
        return this.#call(delta)
      case 'input':
        return this.#input(delta)
      case 'seal':
        return this.#seal(delta)
      case 'citation':
        return this.#cite(delta)
      case 'media':
        return this.#show(delta)
      case 'opaque':
        // A provider's own tool at work has no place on this wire.
        return undefined
      default:
        return delta satisfies never
    }
  }

  #say({ at, text }: Of<'text'>): JsonObject | undefined {
    this.#textBlock(at).length += text.length
    this.#length += text.length
    return text === '' ? undefined : { content: text }
  }

  #textBlock(at: number): Text {
    const there = this.#blocks.get(at)
    const block: Text = there?.type === 'text' ? there : { type: 'text', from: this.#length, length: 0, citations: [] }
    this.#blocks.set(at, block)
    this.#text = block
    this.#textAt = at
    return block
  }

  #cite({ at, citation }: Of<'citation'>): JsonObject | undefined {
    const text = this.#textBlock(at)
    const annotation = citation.end === undefined ? undefined : writeCitation(citation, text)
    if (annotation === undefined) text.citations.push(citation)
    return annotation && { annotations: [annotation] }
  }

  #endText(): readonly string[] {
    const text = this.#text
    this.#text = undefined
    this.#textAt = undefined
    if (!text) return []
    const found = text.citations.splice(0).map(citation => writeCitation(citation, text))
    const annotations = found.filter(annotation => annotation !== undefined)
    return annotations.length > 0 ? [this.#choice({ annotations })] : []
  }

  #think({ at, text, summary }: Of<'reasoning'>): JsonObject | undefined {
    if (text === '') return undefined
    const thought = this.#thought(at, summary)
    thought.worded = true
    return { reasoning_content: text, reasoning_details: [writeWords(text, thought.summary, thought.index)] }
  }

  #thought(at: number, summary = false): Thought {
    const there = this.#blocks.get(at)
    if (there?.type === 'thought') return there
    const made: Thought = { type: 'thought', index: this.#thoughts++, summary, worded: false }
    this.#blocks.set(at, made)
    return made
  }

  #call({ at, id, name, custom }: Of<'tool'>): JsonObject | undefined {
    const index = this.#calls++
    this.#blocks.set(at, { type: 'call', index, custom: custom === true })
    if (this.#form === 'function') return this.#only(index, { name, arguments: '' })
    const said = custom
      ? { type: 'custom', custom: { name, input: '' } }
      : { type: 'function', function: { name, arguments: '' } }
    return { tool_calls: [{ index, id, ...said }] }
  }

  #input({ at, text }: Of<'input'>): JsonObject | undefined {
    const call = this.#blocks.get(at)
    if (call?.type !== 'call' || text === '') return undefined
    if (this.#form === 'function') return this.#only(call.index, { arguments: text })
    return { tool_calls: [{ index: call.index, ...more(text, call.custom) }] }
  }

  /** A turn has one `function_call`: that there be one was asked for, or told as lost. */
  #only(index: number, said: JsonObject): JsonObject | undefined {
    return index === 0 ? { function_call: said } : undefined
  }

  #seal({ at, seal }: Of<'seal'>): JsonObject | undefined {
    const block = this.#blocks.get(at) ?? this.#thought(at)
    switch (block.type) {
      case 'thought': {
        const { worded, summary, index } = block
        return { reasoning_details: [writeSeal(seal, { text: worded ? ' ' : '', summary }, index)] }
      }
      case 'call':
        if (this.#form === 'function') return this.#only(block.index, withSignature(signatureFor(seal)))
        return { tool_calls: [{ index: block.index, ...more('', block.custom), ...withSignature(signatureFor(seal)) }] }
      case 'text':
        return withSignature(signatureFor(seal))
      case 'sound':
        block.seal = seal
        return undefined
      case 'other':
        return undefined
      default:
        return block satisfies never
    }
  }

  #show(delta: Of<'media'>): JsonObject {
    const { at, kind, source, transcript } = delta
    if (!this.#blocks.has(at)) this.#blocks.set(at, { type: kind === 'audio' ? 'sound' : 'other' })
    if (kind !== 'audio') return { images: [writeShown(delta)] }
    return { audio: { ...(source.from === 'data' && { data: source.data }), ...(transcript && { transcript }) } }
  }

  /** A sound's name comes once, at its end: callers join the texts of the pieces. */
  #nameSounds(): readonly string[] {
    const sounds = [...this.#blocks.values()].filter(block => block.type === 'sound')
    return sounds.map(({ seal }) => this.#choice({ audio: soundName(seal, this.#making) }))
  }

  #stop(reason: StopReason): readonly string[] {
    if (this.#stopped) return []
    this.#stopped = true
    const over = [...this.#endText(), ...this.#nameSounds()]
    return [
      ...over,
      this.#choice({}, { finish: writeStop(reason, { refusal: this.#refused, calls: this.#calls > 0 }, this.#form) }),
    ]
  }

  #choice(said: JsonObject, more: More = {}): string {
    const empty = more.finish === undefined ? null : ''
    const delta = this.#begun ? said : { role: 'assistant', content: empty, ...said }
    this.#begun = true
    return JSON.stringify({
      index: this.#index,
      delta,
      logprobs: writeLogprobs(more.logprobs),
      finish_reason: more.finish ?? null,
    })
  }
}

/** More of a call's input. Some clients know no piece of a call without it (Vercel's AI SDK). */
const more = (text: string, custom: boolean): JsonObject =>
  custom ? { custom: { input: text } } : { function: { arguments: text } }

/** What stands beside a delta in its choice. */
type More = { readonly logprobs?: Of<'logprobs'>['tokens']; readonly finish?: string }
