import type { Delta, TokenLogprob } from '../../model/delta.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Citation } from '../../model/part.ts'
import { writeCitation } from './citations.ts'
import { ownFields } from './seals.ts'

/** Says one event. The stream counts it; a whole reply has no ear for it. */
export type Tell = (type: string, fields: JsonObject) => void

/** Where an item stands, and by what name. */
export type Place = { readonly id: string; readonly index: number; readonly maker: string; readonly tell: Tell }

/** How an item ended. */
export type End = 'completed' | 'incomplete'

/** A message of the model's while it is being said: one text or refusal after the other. */
export class MessageItem {
  readonly #place: Place
  readonly #parts: JsonObject[] = []
  #part: ContentPart | undefined
  #phase: JsonObject['phase']

  constructor(place: Place) {
    this.#place = place
    const { id, index, tell } = place
    const item = { id, type: 'message', status: 'in_progress', content: [], role: 'assistant' }
    tell('response.output_item.added', { output_index: index, item })
  }

  /** Whether the block that is being said here is this one. */
  says(at: number): boolean {
    return this.#part?.at === at
  }

  begin(at: number, kind: 'text' | 'refusal'): void {
    this.#endPart()
    const where = { item_id: this.#place.id, output_index: this.#place.index, content_index: this.#parts.length }
    this.#part = kind === 'text' ? new TextContent(at, where, this.#place) : new RefusalContent(at, where, this.#place)
  }

  say(text: string): void {
    this.#part?.say(text)
  }

  cite(citation: Citation): void {
    this.#part?.cite?.(citation)
  }

  weigh(tokens: readonly TokenLogprob[]): void {
    this.#part?.weigh?.(tokens)
  }

  phase(phase: JsonObject['phase']): void {
    this.#phase = phase
  }

  end(status: End): JsonObject {
    this.#endPart()
    const { id, index, tell } = this.#place
    const phase = this.#phase === undefined ? {} : { phase: this.#phase }
    const item = { id, type: 'message', status, content: this.#parts, role: 'assistant', ...phase }
    tell('response.output_item.done', { output_index: index, item })
    return item
  }

  #endPart(): void {
    if (this.#part) this.#parts.push(this.#part.end())
    this.#part = undefined
  }
}

/** A part of a message while it is being said. */
interface ContentPart {
  readonly at: number
  say(text: string): void
  cite?(citation: Citation): void
  weigh?(tokens: readonly TokenLogprob[]): void
  end(): JsonObject
}

class TextContent implements ContentPart {
  readonly at: number
  readonly #where: JsonObject
  readonly #place: Place
  readonly #annotations: JsonObject[] = []
  readonly #logprobs: JsonObject[] = []
  /** Citations of the whole text, which can be placed when it is whole. */
  readonly #placeless: Citation[] = []
  #text = ''

  constructor(at: number, where: JsonObject, place: Place) {
    this.at = at
    this.#where = where
    this.#place = place
    place.tell('response.content_part.added', { ...where, part: textPart('', [], []) })
  }

  say(text: string): void {
    this.#text += text
    this.#delta(text, [])
  }

  /** Log probabilities come apart from their text: they leave with a piece of none, to which a client adds nothing. */
  weigh(tokens: readonly TokenLogprob[]): void {
    const logprobs = tokens.map(writeLogprob)
    this.#logprobs.push(...logprobs)
    this.#delta('', logprobs)
  }

  cite(citation: Citation): void {
    const placed = citation.end !== undefined || ownFields(citation.seal, this.#place.maker) !== undefined
    if (placed) this.#annotate(citation)
    else this.#placeless.push(citation)
  }

  end(): JsonObject {
    for (const citation of this.#placeless) this.#annotate(citation)
    const { tell } = this.#place
    const part = textPart(this.#text, this.#annotations, this.#logprobs)
    tell('response.output_text.done', { ...this.#where, text: this.#text, logprobs: this.#logprobs })
    tell('response.content_part.done', { ...this.#where, part })
    return part
  }

  #delta(delta: string, logprobs: readonly JsonObject[]): void {
    this.#place.tell('response.output_text.delta', { ...this.#where, delta, logprobs })
  }

  #annotate(citation: Citation): void {
    const annotation = writeCitation(citation, this.#text.length, this.#place.maker)
    if (!annotation) return
    const annotation_index = this.#annotations.push(annotation) - 1
    this.#place.tell('response.output_text.annotation.added', { ...this.#where, annotation_index, annotation })
  }
}

const textPart = (text: string, annotations: readonly JsonObject[], logprobs: readonly JsonObject[]): JsonObject => ({
  type: 'output_text',
  text,
  annotations,
  logprobs,
})

type Tokens = Extract<Delta, { readonly type: 'logprobs' }>['tokens']

const writeLogprob = ({ token, logprob, bytes, top }: Tokens[number]): JsonObject => ({
  ...writeToken({ token, logprob, bytes }),
  top_logprobs: top.map(writeToken),
})

const writeToken = ({ token, logprob, bytes }: TokenLogprob['top'][number]): JsonObject => ({
  token,
  logprob,
  bytes: bytes ?? [...Buffer.from(token)],
})

class RefusalContent implements ContentPart {
  readonly at: number
  readonly #where: JsonObject
  readonly #place: Place
  #text = ''

  constructor(at: number, where: JsonObject, place: Place) {
    this.at = at
    this.#where = where
    this.#place = place
    place.tell('response.content_part.added', { ...where, part: { type: 'refusal', refusal: '' } })
  }

  say(text: string): void {
    this.#text += text
    this.#place.tell('response.refusal.delta', { ...this.#where, delta: text })
  }

  end(): JsonObject {
    const part = { type: 'refusal', refusal: this.#text }
    this.#place.tell('response.refusal.done', { ...this.#where, refusal: this.#text })
    this.#place.tell('response.content_part.done', { ...this.#where, part })
    return part
  }
}
