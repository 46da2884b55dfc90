import { type ChoiceDelta, type Delta, isOfChoice } from '../../model/delta.ts'
import { isObject, type JsonObject } from '../../model/json.ts'
import type { Sealed } from '../../model/sealed.ts'
import type { Making } from '../dialect.ts'
import { includes } from './nouns.ts'
import { closed, type Envelope, ownFields } from './seals.ts'
import { CallItem } from './write-call.ts'
import { type End, MessageItem, type Place, type Tell } from './write-message.ts'
import { ReasoningItem } from './write-thought.ts'

/** The deltas that say something, as opposed to those about the reply. */
export type Spoken = Exclude<ChoiceDelta, { readonly type: 'stop' }>

export const isSpoken = (delta: Delta): delta is Spoken => isOfChoice(delta) && delta.type !== 'stop'

type BlockOf<T extends Delta['type']> = Extract<Delta, { readonly type: T }>

/**
 * The output of a reply as it grows: blocks become items, each told by its events as it is said. Texts and thoughts end
 * where another block begins. Calls may take turns, so one ends when its arguments are whole, or with the reply.
 */
export class Output {
  readonly #making: Making
  readonly #tell: Tell
  readonly #wanted: boolean
  readonly #items: JsonObject[] = []
  readonly #calls = new Map<number, { readonly item: CallItem; readonly index: number }>()
  readonly #ended = new Set<number>()
  /** The texts that have begun. */
  readonly #said = new Set<number>()
  /** Pictures by their block: an item that came whole takes no seal any more. */
  readonly #pictures = new Map<number, string>()
  #message: { readonly item: MessageItem; readonly index: number } | undefined
  #thought: { readonly item: ReasoningItem; readonly index: number } | undefined
  /** A thought without words that came after a text: it waits for the text's end, for citations may follow. */
  #wordless: { readonly at: number; readonly seal: Sealed } | undefined
  #next = 0
  #refused = false
  /** Items that the provider's own frames have begun. */
  readonly #told: { readonly index: number; readonly id: string }[]

  constructor(making: Making, tell: Tell) {
    this.#making = making
    this.#tell = tell
    this.#told = toldBefore(making.behind)
    const { include, store } = making.body
    this.#wanted = store === false || (Array.isArray(include) && include.includes(includes.thoughts))
  }

  /** Whether the model refused in words of its own. */
  get refused(): boolean {
    return this.#refused
  }

  /** The items that are whole. */
  items(): readonly JsonObject[] {
    return this.#items.filter(item => item !== undefined)
  }

  /** A request has one reply here: it cannot ask for others. */
  say(delta: Spoken): void {
    if ((delta.choice ?? 0) !== 0) return
    switch (delta.type) {
      case 'text':
      case 'refusal':
        this.#words(delta)
        break
      case 'reasoning':
        this.#think(delta)
        break
      case 'tool':
        this.#call(delta)
        break
      case 'input':
        this.#calls.get(delta.at)?.item.say(delta.text)
        break
      case 'seal':
        this.#seal(delta)
        break
      case 'citation':
        this.#cite(delta)
        break
      case 'logprobs':
        this.#message?.item.weigh(delta.tokens)
        break
      case 'media':
        this.#media(delta)
        break
      case 'opaque':
        this.#opaque(delta)
        break
      default:
        delta satisfies never
    }
  }

  /** Ends what is still open. */
  end(status: End): void {
    this.#endMessage(status)
    this.#endThought(status)
    this.#tellWordless(status)
    for (const at of this.#calls.keys()) this.#endCall(at, status)
  }

  #words({ at, type, text }: BlockOf<'text' | 'refusal'>): void {
    if (text === '' && !this.#message?.item.says(at)) return
    if (type === 'refusal') this.#refused = true
    this.#messageWith(at, type).say(text)
  }

  #messageWith(at: number, type: 'text' | 'refusal'): MessageItem {
    if (this.#message?.item.says(at)) return this.#message.item
    if (this.#wordless) this.#endMessage('completed')
    this.#endThought('completed')
    this.#tellWordless('completed')
    this.#endWholeCalls()
    this.#message ??= this.#begin(place => new MessageItem(place), 'msg')
    this.#message.item.begin(at, type)
    this.#said.add(at)
    return this.#message.item
  }

  /** Some come before their text. What comes when its text is over has no place any more. */
  #cite({ at, citation }: BlockOf<'citation'>): void {
    if (this.#message?.item.says(at) || !this.#said.has(at)) this.#messageWith(at, 'text').cite(citation)
  }

  #think({ at, text, summary }: BlockOf<'reasoning'>): void {
    if (this.#thought?.item.at !== at) this.#beginThought(at, this.#takeWordless(at))
    if (text !== '') this.#thought?.item.say(text, summary === true)
  }

  #beginThought(at: number, seal?: Sealed): void {
    this.#endOthers()
    const how = { wanted: this.#wanted, ...(seal ? { seal } : {}) }
    this.#thought = this.#begin(place => new ReasoningItem(at, place, how), 'rs')
  }

  #call({ at, id, name, custom }: BlockOf<'tool'>): void {
    if (this.#calls.has(at) || this.#ended.has(at)) return
    this.#endOthers()
    const call = { id: id || `call_${this.#making.id}_${this.#next}`, name, custom: custom === true }
    this.#calls.set(
      at,
      this.#begin(place => new CallItem(place, call), call.custom ? 'ctc' : 'fc'),
    )
  }

  #seal({ at, seal }: BlockOf<'seal'>): void {
    const call = this.#calls.get(at)?.item
    const message = this.#message?.item.says(at) ? this.#message.item : undefined
    const picture = this.#pictures.get(at)
    if (call) this.#sealPart(seal, fields => call.add(fields), { of: 'tool-call', id: call.id })
    else if (message) this.#sealPart(seal, ({ phase }) => message.phase(phase), { of: 'text' })
    else if (picture !== undefined) this.#enclose({ of: 'media', id: picture, seal })
    else if (this.#thought?.item.at === at) this.#thought.item.sealWith(seal)
    else if (this.#message && (this.#wordless?.at ?? at) === at)
      this.#wordless = { at, seal: joined(this.#wordless, seal) }
    else this.#beginThought(at, seal)
  }

  #takeWordless(at: number): Sealed | undefined {
    if (this.#wordless?.at !== at) return undefined
    const { seal } = this.#wordless
    this.#wordless = undefined
    return seal
  }

  /** A seal of something that has no field for it: what is in it of our own goes there, another's into an envelope. */
  #sealPart(seal: Sealed, own: (fields: JsonObject) => void, envelope: Envelope): void {
    const fields = ownFields(seal, this.#making.maker)
    if (fields) own(fields)
    else this.#enclose({ ...envelope, seal })
  }

  /** A picture is an item of its own; of anything else only its words or its address can be told. */
  #media({ at, kind, source, transcript }: BlockOf<'media'>): void {
    if (kind === 'image' && source.from === 'data') this.#picture(at, source)
    else this.#words({ type: 'text', at, text: transcript ?? (source.from === 'url' ? source.url : '') })
  }

  #picture(at: number, { mediaType, data }: { readonly mediaType: string; readonly data: string }): void {
    this.#endOthers()
    const output_format = mediaType.replace('image/', '')
    this.#whole('ig', id => {
      this.#pictures.set(at, id)
      return { id, type: 'image_generation_call', status: 'completed', output_format, result: data }
    })
  }

  #opaque({ label, seal }: BlockOf<'opaque'>): void {
    this.#endOthers()
    const own = ownFields(seal, this.#making.maker)
    if (own) this.#whole('item', id => (typeof own.id === 'string' ? own : { ...own, id }))
    else this.#enclose({ of: 'opaque', label, seal })
  }

  #enclose(envelope: Envelope): void {
    this.#whole('rs', id => ({ id, type: 'reasoning', summary: [], encrypted_content: closed(envelope) }))
  }

  /** An item that comes all at once. */
  #whole(prefix: string, make: (id: string) => JsonObject): void {
    const { item, index } = this.#begin(place => make(place.id), prefix)
    this.#tell('response.output_item.added', { output_index: index, item })
    this.#tell('response.output_item.done', { output_index: index, item })
    this.#items[index] = item
  }

  #begin<T>(make: (place: Place) => T, prefix: string): { readonly item: T; readonly index: number } {
    const told = this.#told.shift()
    const index = told?.index ?? this.#next
    this.#next = index + 1
    const { id, maker } = this.#making
    return { item: make({ id: told?.id ?? `${prefix}_${id}_${index}`, index, maker, tell: this.#tell }), index }
  }

  #endOthers(): void {
    this.#endMessage('completed')
    this.#endThought('completed')
    this.#tellWordless('completed')
    this.#endWholeCalls()
  }

  #endWholeCalls(): void {
    for (const [at, { item }] of this.#calls) if (item.isWhole()) this.#endCall(at, 'completed')
  }

  #endMessage(status: End): void {
    if (this.#message) this.#items[this.#message.index] = this.#message.item.end(status)
    this.#message = undefined
  }

  #endThought(status: End): void {
    if (this.#thought) this.#items[this.#thought.index] = this.#thought.item.end(status)
    this.#thought = undefined
  }

  #tellWordless(status: End): void {
    if (!this.#wordless) return
    const { at, seal } = this.#wordless
    this.#wordless = undefined
    this.#thought = this.#begin(place => new ReasoningItem(at, place, { wanted: this.#wanted, seal }), 'rs')
    this.#endThought(status)
  }

  #endCall(at: number, status: End): void {
    const call = this.#calls.get(at)
    if (call) this.#items[call.index] = call.item.end(status)
    this.#calls.delete(at)
    this.#ended.add(at)
  }
}

function toldBefore(behind: Making['behind']): { readonly index: number; readonly id: string }[] {
  const items = Array.isArray(behind?.items) ? behind.items.filter(isObject) : []
  return items.flatMap(({ index, id }) => (typeof index === 'number' && typeof id === 'string' ? [{ index, id }] : []))
}

/** A signature comes in pieces with some providers. */
const joined = (before: { readonly seal: Sealed } | undefined, more: Sealed): Sealed =>
  before ? { ...before.seal, value: before.seal.value + more.value } : more
