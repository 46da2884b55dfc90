import type { Delta } from '../../model/delta.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import { jsonOf } from '../../model/numbers.ts'
import { odd, unreadable } from '../provider-fault.ts'
import { tokensIn } from '../token-logprobs.ts'
import { word } from '../told.ts'
import { misplaced, readCitation } from './citations.ts'
import { ownSeal } from './seals.ts'

/** A kind of block that an item may hold more than one of. */
type Kind = Texts | 'tool' | 'item'

type Texts = 'text' | 'refusal' | 'reasoning' | 'summary'

/** One block as far as it was told: so many characters, so many citations, and the part that its text was last in. */
type Block = { readonly at: number; said: number; cited: number; part: number }

type Item = { readonly blocks: Map<string, Block>; done: boolean }

/**
 * The items of a reply, read as they grow. An item is told up to three times: in pieces, each piece as a whole when it
 * ends, and the item as a whole; each time only what was not yet told is new, and some providers leave a telling out.
 */
export class OutputReading {
  readonly #maker: string
  readonly #items = new Map<number, Item>()
  #blocks = 0
  #calls = 0
  #refusals = 0
  #texts = 0
  /** Whether the provider keeps the reply, so that an item's id alone brings it back. */
  stored = false

  constructor(maker: string) {
    this.#maker = maker
  }

  get size(): number {
    return this.#items.size
  }

  /** What a reply amounts to that ended by itself. */
  get ending(): 'tools' | 'refused' | 'end' {
    if (this.#calls > 0) return 'tools'
    return this.#refusals > 0 && this.#texts === 0 ? 'refused' : 'end'
  }

  /** More of a text, in a part of an item. */
  more(index: number, kind: Texts, part: number, text: string): Delta[] {
    // Thoughts that are told both in full and in summary are one block: the other kind goes with the seal.
    if (text === '' || this.#tells(index, otherThan.get(kind))) return []
    const block = this.#block(index, kind, part)
    // Several summaries of one item are its one thought, in paragraphs.
    const gap = block.part === part ? '' : '\n\n'
    block.said = (gap === '' ? block.said : 0) + text.length
    block.part = part
    return [delta(kind, block.at, gap + text)]
  }

  /** The whole text of a part: what of it was not told yet. */
  whole(index: number, kind: Texts, part: number, text: string): Delta[] {
    const block = this.#item(index).blocks.get(keyOf(kind, isJoined(kind) ? 0 : part))
    if (block && block.part > part) return []
    const said = block?.part === part ? block.said : 0
    return this.more(index, kind, part, text.slice(said))
  }

  input(index: number, text: string): Delta[] {
    const block = this.#item(index).blocks.get(keyOf('tool', 0))
    // A call is not begun before it has a name; the whole item will tell its input.
    if (!block || text === '') return []
    block.said += text.length
    return [{ type: 'input', at: block.at, text }]
  }

  wholeInput(index: number, text: string): Delta[] {
    const said = this.#item(index).blocks.get(keyOf('tool', 0))?.said ?? 0
    return this.input(index, text.slice(said))
  }

  cite(index: number, part: number, annotation: JsonObject): Delta[] {
    const block = this.#item(index).blocks.get(keyOf('text', part))
    if (!block) return []
    const wrong = misplaced(annotation)
    if (wrong !== undefined) throw odd(wrong, annotation[wrong])
    block.cited++
    return [{ type: 'citation', at: block.at, citation: readCitation(annotation, this.#maker) }]
  }

  added(index: number, item: JsonObject): Delta[] {
    this.#item(index)
    return callTypes.has(item.type ?? null) && !isNative(item) ? this.#call(index, item) : []
  }

  done(index: number, item: JsonObject): Delta[] {
    if (this.#item(index).done) return []
    this.#item(index).done = true
    if (callTypes.has(item.type ?? null)) checkCall(item)
    const type = isNative(item) ? undefined : item.type
    if (type === 'message') return this.#message(index, item)
    if (type === 'reasoning') return this.#reasoning(index, item)
    if (type === 'function_call') return this.#wholeCall(index, item, item.arguments)
    if (type === 'custom_tool_call') return this.#wholeCall(index, item, item.input)
    return type === 'image_generation_call' ? this.#image(index, item) : this.#opaque(index, item)
  }

  #message(index: number, { content, phase }: JsonObject): Delta[] {
    const deltas = objects(content).flatMap((part, i) => this.#part(index, i, part))
    const first = this.#item(index).blocks.get(keyOf('text', 0))
    if (first && typeof phase === 'string' && phase !== 'final_answer')
      deltas.push({ type: 'seal', at: first.at, seal: ownSeal({ phase }, this.#maker) })
    return deltas
  }

  #part(index: number, i: number, part: JsonObject): Delta[] {
    if (part.type === 'refusal') return this.whole(index, 'refusal', i, words(part.refusal, 'refusal'))
    const told = this.#item(index).blocks.has(keyOf('text', i))
    const deltas = this.whole(index, 'text', i, words(part.text, 'text'))
    const cited = this.#item(index).blocks.get(keyOf('text', i))?.cited ?? 0
    for (const annotation of objects(part.annotations).slice(cited)) deltas.push(...this.cite(index, i, annotation))
    const tokens = told ? [] : tokensIn(part.logprobs)
    return tokens.length > 0 ? [...deltas, { type: 'logprobs', tokens }] : deltas
  }

  #reasoning(index: number, item: JsonObject): Delta[] {
    const full = textsIn(item.content)
    const summary = textsIn(item.summary)
    const deltas = [
      ...full.flatMap((text, i) => this.whole(index, 'reasoning', i, text)),
      ...summary.flatMap((text, i) => this.whole(index, 'summary', i, text)),
    ]
    const inFull = this.#tells(index, 'reasoning')
    const untold = inFull ? { summary } : { content: full }
    const fields = sealedFields(item, Object.values(untold).some(texts => texts.length > 0) ? untold : {})
    // An id alone leads nowhere unless the provider keeps the reply, or the thoughts are there in full.
    if (fields.encrypted_content === undefined && full.length === 0 && !this.stored) return deltas
    const { blocks } = this.#item(index)
    const { at } =
      blocks.get(keyOf('reasoning', 0)) ?? blocks.get(keyOf('summary', 0)) ?? this.#begin(index, 'reasoning', 0)
    return [...deltas, { type: 'seal', at, seal: ownSeal(fields, this.#maker) }]
  }

  #call(index: number, { type, name, call_id, id }: JsonObject): Delta[] {
    if (typeof name !== 'string' || name === '' || this.#item(index).blocks.size > 0) return []
    const { at } = this.#begin(index, 'tool', 0)
    const call = [call_id, id].find(value => typeof value === 'string' && value !== '')
    const custom = type === 'custom_tool_call' ? { custom: true } : {}
    return [{ type: 'tool', at, id: typeof call === 'string' ? call : `call_${this.#calls}`, name, ...custom }]
  }

  #wholeCall(index: number, item: JsonObject, input: Json | undefined): Delta[] {
    const begun = this.#call(index, item)
    const block = this.#item(index).blocks.get(keyOf('tool', 0))
    if (!block) throw unreadable('a call of a tool stands where something else was said.')
    const text = isObject(input) ? jsonOf(input) : words(input, 'arguments')
    const { namespace } = item
    const seal = ownSeal({ namespace }, this.#maker)
    return [
      ...begun,
      ...this.wholeInput(index, text),
      ...(typeof namespace === 'string' ? [{ type: 'seal', at: block.at, seal } as const] : []),
    ]
  }

  #image(index: number, item: JsonObject): Delta[] {
    const { result, ...rest } = item
    // One that failed has none, and says so.
    if (typeof result !== 'string' || result === '') return this.#opaque(index, { ...item, result: result ?? null })
    const { at } = this.#begin(index, 'item', 0)
    const format = typeof rest.output_format === 'string' ? rest.output_format : 'png'
    return [
      { type: 'media', at, kind: 'image', source: { from: 'data', mediaType: `image/${format}`, data: result } },
      { type: 'seal', at, seal: ownSeal(rest, this.#maker) },
    ]
  }

  #opaque(index: number, item: JsonObject): Delta[] {
    if (typeof item.type !== 'string') throw odd('item.type', item.type)
    const { at } = this.#begin(index, 'item', 0)
    return [{ type: 'opaque', at, label: item.type, seal: ownSeal(item, this.#maker) }]
  }

  #tells(index: number, kind: Kind | undefined): boolean {
    return kind !== undefined && this.#item(index).blocks.has(keyOf(kind, 0))
  }

  #item(index: number): Item {
    const there = this.#items.get(index)
    if (there) return there
    const made = { blocks: new Map(), done: false }
    this.#items.set(index, made)
    return made
  }

  #block(index: number, kind: Kind, part: number): Block {
    const place = isJoined(kind) ? 0 : part
    return this.#item(index).blocks.get(keyOf(kind, place)) ?? this.#begin(index, kind, place, part)
  }

  #begin(index: number, kind: Kind, place: number, part = place): Block {
    if (kind === 'tool') this.#calls++
    if (kind === 'text') this.#texts++
    if (kind === 'refusal') this.#refusals++
    const block = { at: this.#blocks++, said: 0, cited: 0, part }
    this.#item(index).blocks.set(keyOf(kind, place), block)
    return block
  }
}

const callTypes: ReadonlySet<Json> = new Set(['function_call', 'custom_tool_call'])

/** A call that a program of the model's made is part of that program. */
function checkCall(item: JsonObject): void {
  if (word(item.name) === undefined) throw unreadable('a call of a tool has no name.')
  // One that is handed on as it is cannot be given an id.
  if (isNative(item) && word(item.call_id) === undefined) throw unreadable('a call of a tool has no id.')
}

const isNative = ({ caller }: JsonObject): boolean => isObject(caller) && caller.type !== 'direct'

const keyOf = (kind: Kind, place: number): string => `${kind} ${place}`

/** All parts of an item's thoughts are one block, which one seal belongs to. */
const isJoined = (kind: Kind): boolean => kind === 'summary' || kind === 'reasoning'

const otherThan: ReadonlyMap<Kind, Kind> = new Map([
  ['summary', 'reasoning'],
  ['reasoning', 'summary'],
])

const textsIn = (value: Json | undefined): readonly string[] =>
  objects(value)
    .map(part => words(part.text, 'text'))
    .filter(text => text !== '')

const sealedFields = ({ id, encrypted_content: encrypted }: JsonObject, untold: JsonObject): JsonObject => ({
  ...(typeof id === 'string' ? { id } : {}),
  ...(typeof encrypted === 'string' && encrypted !== '' ? { encrypted_content: encrypted } : {}),
  ...untold,
})

function delta(kind: Texts, at: number, text: string): Delta {
  return kind === 'summary' ? { type: 'reasoning', at, text, summary: true } : { type: kind, at, text }
}

const objects = (value: Json | undefined): readonly JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : [])

/** A text of a reply; one that is left out is empty, anything else was not meant to be read here. */
export function words(value: Json | undefined, what: string): string {
  if (value === undefined || value === null) return ''
  if (typeof value === 'string') return value
  throw odd(what, value)
}
