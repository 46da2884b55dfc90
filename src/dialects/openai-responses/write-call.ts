import type { JsonObject } from '../../model/json.ts'
import type { End, Place } from './write-message.ts'

/** A call of a tool while its input is being written. */
export class CallItem {
  readonly #place: Place
  readonly #call: { readonly id: string; readonly name: string; readonly custom: boolean }
  #input = ''
  #more: JsonObject = {}

  constructor(place: Place, call: { readonly id: string; readonly name: string; readonly custom: boolean }) {
    this.#place = place
    this.#call = call
    place.tell('response.output_item.added', { output_index: place.index, item: this.#item('in_progress') })
  }

  get id(): string {
    return this.#call.id
  }

  say(text: string): void {
    if (text === '') return
    this.#input += text
    this.#place.tell(`${this.#event()}.delta`, { ...this.#where(), delta: text })
  }

  /** Fields of the item that its provider's own words for the call have more. */
  add(fields: JsonObject): void {
    this.#more = fields
  }

  /** Whether nothing can follow: arguments are one value of JSON. A free text may always go on. */
  isWhole(): boolean {
    if (this.#call.custom || this.#input === '') return false
    try {
      JSON.parse(this.#input)
      return true
    } catch {
      // It is still being written.
      return false
    }
  }

  end(status: End): JsonObject {
    const { custom, name } = this.#call
    const said = custom ? { input: this.#input } : { name, arguments: this.#input }
    this.#place.tell(`${this.#event()}.done`, { ...this.#where(), ...said })
    const item = this.#item(status)
    this.#place.tell('response.output_item.done', { output_index: this.#place.index, item })
    return item
  }

  #item(status: string): JsonObject {
    const { id, name, custom } = this.#call
    const said = custom ? { input: this.#input } : { arguments: this.#input }
    const type = custom ? 'custom_tool_call' : 'function_call'
    return { ...this.#more, id: this.#place.id, type, status, call_id: id, name, ...said }
  }

  #event(): string {
    return this.#call.custom ? 'response.custom_tool_call_input' : 'response.function_call_arguments'
  }

  #where(): JsonObject {
    return { item_id: this.#place.id, output_index: this.#place.index }
  }
}
