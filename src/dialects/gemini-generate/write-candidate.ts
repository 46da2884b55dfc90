import type { Choice } from '../../model/answer.ts'
import type { ChoiceDelta, Delta } from '../../model/delta.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Citation } from '../../model/part.ts'
import type { Sealed } from '../../model/sealed.ts'
import { type Spoken, writeGrounding } from './citations.ts'
import { writeLogprobs } from './logprobs.ts'
import { finish } from './write-answer.ts'
import {
  argsIn,
  blockPart,
  callPart,
  mediaParts,
  signaturePart,
  textPart,
  textSignaturePart,
  thoughtPart,
} from './write-parts.ts'

/** What concerns one candidate. */

/** A call that is being said: it leaves when it is whole, for the wire has no pieces of one. */
type Call = {
  readonly at: number
  readonly id: string
  readonly name: string
  readonly custom: boolean | undefined
  input: string
  seal: Sealed | undefined
}

type Text = { readonly kind: Delta['type']; text: string; readonly citations: Citation[] }

/** What has not begun, or is free text, may go on; so may what is no object yet. */
const mayEnd = ({ input, custom }: Call): boolean => input !== '' && !custom

/** Writes one of a stream's candidates: as the caller's SDK would see it in a chunk. */
export class CandidateWriter {
  readonly #index: number
  readonly #blocks: Map<number, Text> = new Map()
  #calls: Call[] = []
  readonly #broken: string[] = []
  #stop: Choice['stop']

  constructor(index: number) {
    this.#index = index
  }

  /** The candidates that a delta makes, mostly one or none. */
  take(delta: ChoiceDelta, seal: Sealed | undefined): readonly JsonObject[] {
    if (delta.type === 'stop') {
      this.#stop ??= delta
      return this.#said(this.#release(true))
    }
    if (delta.type === 'logprobs')
      return [{ ...this.#candidate([textPart('')]), logprobsResult: writeLogprobs(delta.tokens) }]
    const before = this.#begins(delta.at, delta.type) ? this.#release(false) : []
    return this.#said([...before, ...this.#parts(delta, seal)])
  }

  /** What closes the candidate: why it stopped and what it rests on. */
  last(own: JsonObject): JsonObject {
    const parts = this.#release(true)
    const grounding = writeGrounding(this.#spoken())
    return {
      ...this.#candidate(parts.length > 0 ? parts : [textPart('')]),
      // Google's SDK takes a reply without a reason for one that was cut off, and this one was not.
      ...finish(this.#stop ?? { reason: 'end' }, this.#broken),
      ...(grounding && own.citationMetadata === undefined ? { groundingMetadata: grounding } : {}),
      ...own,
    }
  }

  #parts(delta: Exclude<ChoiceDelta, { type: 'stop' | 'logprobs' }>, seal: Sealed | undefined): readonly JsonObject[] {
    switch (delta.type) {
      case 'text':
      case 'refusal':
        this.#block(delta.at, delta.type).text += delta.text
        return delta.text === '' && !seal ? [] : [textPart(delta.text, seal)]
      case 'reasoning':
        this.#block(delta.at, delta.type)
        return delta.text === '' && !seal ? [] : [thoughtPart(delta.text, seal)]
      case 'media':
        this.#block(delta.at, delta.type)
        return mediaParts(delta.source, delta.transcript, seal)
      case 'opaque':
        this.#block(delta.at, delta.type)
        return [blockPart(delta)]
      case 'tool':
        this.#begin(delta)
        return []
      case 'input':
        return this.#more(delta)
      case 'seal':
        return this.#sealed(delta)
      case 'citation':
        this.#block(delta.at, 'text').citations.push(delta.citation)
        return []
      default:
        return delta satisfies never
    }
  }

  #begin({ at, id, name, custom }: Extract<Delta, { type: 'tool' }>): void {
    this.#block(at, 'tool')
    this.#calls.push({ at, id, name, custom, input: '', seal: undefined })
  }

  #more({ at, text }: Extract<Delta, { type: 'input' }>): readonly JsonObject[] {
    const call = this.#calls.find(each => each.at === at)
    if (call) call.input += text
    return []
  }

  /** A signature of a call that is still held goes with it; others stand in a part of their own, behind what they sign. */
  #sealed({ at, seal }: Extract<Delta, { type: 'seal' }>): readonly JsonObject[] {
    const call = this.#calls.find(each => each.at === at)
    if (call) {
      call.seal = seal
      return []
    }
    const { kind } = this.#block(at, 'seal')
    if (kind === 'text') return [textSignaturePart(seal)]
    return [kind === 'reasoning' ? thoughtPart('', seal) : signaturePart(seal)]
  }

  #begins(at: number, type: Delta['type']): boolean {
    return type !== 'citation' && !this.#blocks.has(at)
  }

  #block(at: number, kind: Delta['type']): Text {
    const there = this.#blocks.get(at)
    if (there) return there
    const made: Text = { kind, text: '', citations: [] }
    this.#blocks.set(at, made)
    return made
  }

  /**
   * The calls that have ended. A block that begins ends those before it; but two calls may come in alternation, and only
   * what can be read as an object already cannot go on.
   */
  #release(stopped: boolean): readonly JsonObject[] {
    const parts: JsonObject[] = []
    const held: Call[] = []
    for (const call of this.#calls) {
      const args = stopped || mayEnd(call) ? argsIn(call.input, call.custom) : undefined
      if (args && held.length === 0) parts.push(callPart({ ...call, args }, call.seal))
      else if (stopped) this.#broken.push(call.input)
      else held.push(call)
    }
    this.#calls = held
    return parts
  }

  #said(parts: readonly JsonObject[]): readonly JsonObject[] {
    return parts.length === 0 ? [] : [this.#candidate(parts)]
  }

  #candidate(parts: readonly JsonObject[]): JsonObject {
    return { content: { parts, role: 'model' }, index: this.#index }
  }

  /** Texts with citations, by the places that their parts have when the chunks are joined. */
  #spoken(): readonly Spoken[] {
    const blocks = [...this.#blocks.entries()].sort(([a], [b]) => a - b)
    return blocks.map(([, { text, citations }], index) => ({ index, text, citations }))
  }
}
