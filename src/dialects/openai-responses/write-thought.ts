import type { JsonObject } from '../../model/json.ts'
import { type Sealed, seal } from '../../model/sealed.ts'
import { closed, ownFields, thoughtTexts } from './seals.ts'
import type { End, Place } from './write-message.ts'

/**
 * Thoughts while they are being said. Every item leaves with something sealed in it, so that it is known again when the
 * caller hands it back: OpenAI would look for an item by the id that we gave it, and refuse the request.
 */
export class ReasoningItem {
  readonly at: number
  readonly #place: Place
  /** Whether the caller wants OpenAI's encrypted content. Another's seal is there in any case. */
  readonly #wanted: boolean
  #text: string | undefined
  #summary = false
  #seal: Sealed | undefined

  constructor(at: number, place: Place, how: { readonly wanted: boolean; readonly seal?: Sealed }) {
    this.at = at
    this.#wanted = how.wanted
    this.#seal = how.seal
    // An item of OpenAI's own keeps its id, which its encrypted content is checked against.
    const id = how.seal && ownFields(how.seal, place.maker)?.id
    this.#place = typeof id === 'string' ? { ...place, id } : place
    this.#place.tell('response.output_item.added', {
      output_index: place.index,
      item: { id: this.#place.id, type: 'reasoning', summary: [] },
    })
  }

  say(text: string, summary: boolean): void {
    if (this.#text === undefined) this.#beginText(summary)
    this.#text = (this.#text ?? '') + text
    const type = this.#summary ? 'response.reasoning_summary_text.delta' : 'response.reasoning_text.delta'
    this.#place.tell(type, { ...this.#where(), delta: text })
  }

  sealWith(seal: Sealed): void {
    // A signature comes in pieces with some providers.
    this.#seal = this.#seal ? { ...this.#seal, value: this.#seal.value + seal.value } : seal
  }

  end(status: End): JsonObject {
    if (this.#text !== undefined) this.#endText(this.#text)
    const own = ownFields(this.#seal, this.#place.maker)
    const texts = thoughtTexts(this.#text ?? '', this.#summary, own)
    const item = { id: this.#place.id, type: 'reasoning', status, ...texts, ...this.#encrypted() }
    this.#place.tell('response.output_item.done', { output_index: this.#place.index, item })
    return item
  }

  #where(): JsonObject {
    const { id, index } = this.#place
    const inner = this.#summary ? { summary_index: 0 } : { content_index: 0 }
    return { item_id: id, output_index: index, ...inner }
  }

  #part(text: string): JsonObject {
    return { type: this.#summary ? 'summary_text' : 'reasoning_text', text }
  }

  #beginText(summary: boolean): void {
    this.#summary = summary
    const type = this.#summary ? 'response.reasoning_summary_part.added' : 'response.content_part.added'
    this.#place.tell(type, { ...this.#where(), part: this.#part('') })
  }

  #endText(text: string): void {
    const [done, part] = this.#summary
      ? ['response.reasoning_summary_text.done', 'response.reasoning_summary_part.done']
      : ['response.reasoning_text.done', 'response.content_part.done']
    this.#place.tell(done, { ...this.#where(), text })
    this.#place.tell(part, { ...this.#where(), part: this.#part(text) })
  }

  #encrypted(): JsonObject {
    const sealed = this.#seal
    if (!sealed) return { encrypted_content: closed({ of: 'reasoning' }) }
    const own = ownFields(sealed, this.#place.maker)
    if (!own) return { encrypted_content: this.#text ? this.#enclosed(sealed) : seal(sealed) }
    if (own.id !== undefined && own.id !== this.#place.id)
      return { encrypted_content: closed({ of: 'reasoning', seal: sealed }) }
    return this.#wanted && own.encrypted_content !== undefined ? { encrypted_content: own.encrypted_content } : {}
  }

  #enclosed(sealed: Sealed): string {
    return closed({ of: 'reasoning', text: this.#text, seal: sealed })
  }
}
