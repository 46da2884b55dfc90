import type { Delta } from '../../model/delta.ts'
import { Fault } from '../../model/fault.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import { jsonOf } from '../../model/numbers.ts'
import { place, word } from '../told.ts'
import { dialectId } from './id.ts'
import { signatureIn } from './thoughts.ts'

/** A call as far as it has come. */
type Call = {
  readonly id: string
  readonly custom: boolean
  /** Its block, once its name is known. */
  at: number | undefined
  /** Arguments that came before the name. */
  held: string
  said: boolean
}

/** Where a reader stands, as far as calls need to know it. */
type Place = { readonly choice: number; readonly maker: string }

/**
 * Calls of tools, whose pieces find each other by index, by id, or by coming one after the other: some providers leave out
 * the index, some number from 1, some give all calls the same one, some repeat an empty id.
 */
export class CallsReader {
  readonly #place: Place
  readonly #begin: (out: Delta[]) => number
  readonly #byIndex: Map<number, Call> = new Map()
  readonly #calls: Call[] = []

  constructor(place: Place, begin: (out: Delta[]) => number) {
    this.#place = place
    this.#begin = begin
  }

  get any(): boolean {
    return this.#calls.some(call => call.at !== undefined)
  }

  read({ tool_calls: calls, function_call: call }: JsonObject, out: Delta[]): void {
    if (Array.isArray(calls)) for (const piece of calls) if (isObject(piece)) this.#piece(piece, out)
    if (isObject(call) && (word(call.name) || word(call.arguments))) this.#piece({ index: 0, function: call }, out)
  }

  /**
   * A call without arguments has none: `{}`. One that was cut off is left as it is. Throws where a call has arguments and
   * no name: a reply without it would look whole.
   */
  end(complete: boolean, out: Delta[]): void {
    if (!complete) return
    if (this.#calls.some(call => call.at === undefined && call.held.trim() !== ''))
      throw new Fault('upstream_failed', 'The provider called a tool without a name. Try again, or ask another model.')
    for (const call of this.#calls) {
      if (call.at === undefined || call.said || call.custom) continue
      call.said = true
      out.push({ type: 'input', at: call.at, choice: this.#place.choice, text: '{}' })
    }
  }

  #piece(piece: JsonObject, out: Delta[]): void {
    const said = saidIn(piece)
    const call = this.#callOf(piece, said)
    if (call.at === undefined && said.name !== undefined) this.#name(call, said.name, out)
    if (said.input !== '') this.#input(call, said.input, out)
    const signature = signatureIn(piece)
    if (signature !== undefined && call.at !== undefined) {
      const seal = { dialect: dialectId, maker: this.#place.maker, value: signature }
      out.push({ type: 'seal', at: call.at, choice: this.#place.choice, seal })
    }
  }

  #name(call: Call, name: string, out: Delta[]): void {
    const { id, custom } = call
    call.at = this.#begin(out)
    out.push({ type: 'tool', at: call.at, choice: this.#place.choice, id, name, ...(custom && { custom }) })
    if (call.held !== '') this.#input(call, call.held, out)
  }

  #input(call: Call, text: string, out: Delta[]): void {
    if (call.at === undefined) {
      call.held += text
      return
    }
    call.said = true
    out.push({ type: 'input', at: call.at, choice: this.#place.choice, text })
  }

  #callOf(piece: JsonObject, said: Said): Call {
    const index = place(piece.index)
    const id = word(piece.id)
    const there = index === undefined ? this.#withoutIndex(id, said) : this.#byIndex.get(index)
    // A new id with a name is a new call, even under an old index.
    const another = there && id !== undefined && said.name !== undefined && there.at !== undefined && id !== there.id
    if (there && !another) return there
    const made: Call = {
      id: id ?? `call_${this.#calls.length}`,
      custom: said.custom,
      at: undefined,
      held: '',
      said: false,
    }
    this.#calls.push(made)
    if (index !== undefined) this.#byIndex.set(index, made)
    return made
  }

  #withoutIndex(id: string | undefined, { name }: Said): Call | undefined {
    if (id !== undefined) return this.#calls.find(call => call.id === id)
    return name === undefined ? this.#calls.at(-1) : undefined
  }
}

type Said = { readonly name: string | undefined; readonly input: string; readonly custom: boolean }

/** Snowflake sends an empty `custom` beside every function. */
function saidIn(piece: JsonObject): Said {
  const called = isObject(piece.function) ? piece.function : {}
  const other = isObject(piece.custom) ? piece.custom : {}
  const custom =
    piece.type === 'custom' ||
    (word(called.name) === undefined && word(other.name) !== undefined) ||
    (!isObject(piece.function) && isObject(piece.custom))
  return custom
    ? { name: word(other.name), input: textOf(other.input), custom }
    : { name: word(called.name), input: textOf(called.arguments), custom }
}

/** Arguments as a text; some hand over the object itself. */
function textOf(value: Json | undefined): string {
  if (typeof value === 'string') return value
  return isObject(value) ? jsonOf(value) : ''
}
