import type { BlockDelta, Delta } from '../../model/delta.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Sealed } from '../../model/sealed.ts'
import { saysNothing } from '../arguments.ts'
import { replyId } from './call-ids.ts'
import { writeCitation } from './citations.ts'
import { JsonEnd } from './json-end.ts'
import { nobodys } from './seals.ts'
import { callerIn, mediaWords, signatureOf, writeBeside, writeCall, writeOpaque, writeSealed } from './write-parts.ts'

type ToolDelta = Extract<Delta, { readonly type: 'tool' }>
type Kind = 'text' | 'thinking' | 'tool_use'

/** An event of the stream; its name is its type. */
export type WireEvent = JsonObject & { readonly type: string }

/** The block that is being written. */
type Open = {
  readonly at: number
  readonly kind: Kind
  /** Set for a call with arguments in JSON: knows when they are whole. */
  readonly arguments?: JsonEnd
  /** A call whose input is free text, told as the string of an object. */
  readonly custom?: boolean
}

/**
 * Puts blocks into brackets, one at a time: Anthropic's wire has no other way. A text or a thought ends when something
 * else is said. A call ends when its arguments are whole; until then what belongs to other blocks waits, so that calls
 * which a provider wrote in turns come out one after the other.
 */
export class Brackets {
  readonly #making: string
  readonly #emit: (event: WireEvent) => void
  readonly #kinds: Map<number, Kind> = new Map()
  #index = 0
  #open: Open | undefined
  #signed = false
  #waiting: [BlockDelta, Sealed | undefined][] = []
  /** The last block that was closed, as long as nothing followed it. */
  #last: number | undefined
  #beside: Sealed | undefined
  /** A thought without words that came after a text: it waits for the text's end, for citations may follow. */
  #behind: Sealed | undefined

  constructor(making: string, emit: (event: WireEvent) => void) {
    this.#making = making
    this.#emit = emit
  }

  get calledTools(): boolean {
    return [...this.#kinds.values()].includes('tool_use')
  }

  /** `seal` is what was sealed to the call that begins with this delta. */
  take(delta: BlockDelta, seal?: Sealed): void {
    if (this.#mustWait(delta)) {
      this.#waiting.push([delta, seal])
      return
    }
    this.#write(delta, seal)
    if (this.#waiting.length > 0 && this.#open?.arguments?.whole) this.#release()
  }

  closeAll(): void {
    while (this.#waiting.length > 0) {
      this.#close()
      this.#release()
    }
    this.#close()
  }

  #mustWait({ at }: BlockDelta): boolean {
    const open = this.#open
    return open?.arguments !== undefined && open.at !== at && !open.arguments.whole
  }

  /** What waited may have to wait again: its order stays. */
  #release(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const [delta, seal] of waiting) this.take(delta, seal)
  }

  #write(delta: BlockDelta, seal: Sealed | undefined): void {
    switch (delta.type) {
      case 'text':
      case 'refusal':
        this.#words(delta.at, delta.text)
        break
      case 'reasoning':
        this.#thought(delta.at, delta.text)
        break
      case 'citation':
        this.#begin(delta.at, 'text', emptyText)
        this.#delta({ type: 'citations_delta', citation: writeCitation(delta.citation) })
        break
      case 'media':
        this.#words(delta.at, wordsOf(delta))
        break
      case 'tool':
        this.#call(delta, seal)
        break
      case 'input':
        this.#input(delta.at, delta.text)
        break
      case 'seal':
        this.#seal(delta.at, delta.seal)
        break
      case 'opaque':
        this.#whole(writeOpaque(delta.label, delta.seal))
        break
      default:
        delta satisfies never
    }
  }

  #words(at: number, text: string): void {
    if (text === '') return
    this.#begin(at, 'text', emptyText)
    this.#delta({ type: 'text_delta', text })
  }

  #thought(at: number, thinking: string): void {
    if (thinking === '') return
    this.#begin(at, 'thinking', { type: 'thinking', thinking: '', signature: '' })
    this.#delta({ type: 'thinking_delta', thinking })
  }

  #begin(at: number, kind: Kind, block: JsonObject, more: Partial<Open> = {}): void {
    if (this.#open?.at === at && this.#open.kind === kind) return
    this.#close()
    this.#open = { ...more, at, kind }
    this.#signed = false
    this.#last = undefined
    this.#kinds.set(at, kind)
    this.#emit({ type: 'content_block_start', index: this.#index, content_block: block })
  }

  #delta(delta: JsonObject): void {
    this.#emit({ type: 'content_block_delta', index: this.#index, delta })
  }

  #call({ at, id, name, custom }: ToolDelta, seal: Sealed | undefined): void {
    if (this.#open?.at === at) return
    const wireId = replyId(id, this.#making, at)
    this.#begin(at, 'tool_use', writeCall(wireId, name, callerIn(seal)), {
      // Where free text ends is not to be seen in it: it ends when something else is said.
      ...(custom ? { custom } : { arguments: new JsonEnd() }),
    })
    this.#arguments(custom ? '{"input":"' : '')
  }

  #arguments(text: string): void {
    this.#open?.arguments?.push(text)
    this.#delta({ type: 'input_json_delta', partial_json: text })
  }

  /** What comes for a call that has ended is white space behind its arguments. */
  #input(at: number, text: string): void {
    const open = this.#open
    if (open?.at !== at || text === '') return
    if (open.custom) this.#arguments(JSON.stringify(text).slice(1, -1))
    // Some models write null where there are no arguments; a client expects an object.
    else this.#arguments(!open.arguments?.begun && saysNothing(text) ? text.replace('null', '{}') : text)
  }

  /** A thought is signed while it is open. What is sealed to a text or a call follows it, and a late seal is a thought. */
  #seal(at: number, seal: Sealed): void {
    const open = this.#open?.at === at ? this.#open.kind : undefined
    const kind = this.#kinds.get(at)
    if (open === 'thinking') this.#sign(signatureOf(seal))
    else if (open !== undefined) this.#beside = seal
    else if (kind === undefined && this.#open?.kind === 'text' && !this.#behind) this.#behind = seal
    else if (kind === undefined || kind === 'thinking') this.#each(writeSealed(seal))
    else this.#each(this.#last === at ? writeBeside(seal) : writeSealed(seal))
  }

  #sign(signature: string): void {
    this.#signed = true
    this.#delta({ type: 'signature_delta', signature })
  }

  #each(blocks: readonly JsonObject[]): void {
    for (const block of blocks) this.#whole(block)
  }

  /** A block that has no deltas; a thought without words has its signature in one. */
  #whole(block: JsonObject): void {
    this.#close()
    this.#last = undefined
    const signature = block.type === 'thinking' ? block.signature : undefined
    const first = signature === undefined ? block : { ...block, signature: '' }
    this.#emit({ type: 'content_block_start', index: this.#index, content_block: first })
    if (signature !== undefined) this.#delta({ type: 'signature_delta', signature })
    this.#emit({ type: 'content_block_stop', index: this.#index++ })
  }

  #close(): void {
    const open = this.#open
    if (!open) return
    if (open.custom) this.#arguments('"}')
    if (open.kind === 'thinking' && !this.#signed) this.#sign(nobodys)
    this.#open = undefined
    this.#emit({ type: 'content_block_stop', index: this.#index++ })
    const beside = this.#beside
    this.#beside = undefined
    this.#each(writeBeside(beside))
    this.#last = open.at
    const behind = this.#behind
    this.#behind = undefined
    this.#each(writeSealed(behind))
  }
}

const emptyText: JsonObject = { type: 'text', text: '', citations: null }

type MediaDelta = Extract<Delta, { readonly type: 'media' }>

/** Audio comes in pieces, of which the words are all that can be told here. */
const wordsOf = (delta: MediaDelta): string => (delta.kind === 'audio' ? (delta.transcript ?? '') : mediaWords(delta))
