import type { StreamGlancer, StreamWriter } from '../../dialects/dialect.ts'
import type { Delta } from '../../model/delta.ts'
import type { Fault } from '../../model/fault.ts'
import type { Usage } from '../../model/usage.ts'

type TextDelta = Extract<Delta, { readonly type: 'text' }>

const nothing = new Uint8Array(0)

/**
 * One stream to the caller, whoever tells it: what was said so far, and a writer that is where the caller is. Where a
 * provider's bytes go on as they came, what they said is only noted; the writer is made, and catches up, when it is needed.
 */
export class Telling {
  readonly #make: () => StreamWriter
  /** Whether the caller was told in other bytes than ours that the text is over. */
  readonly #isClosed: () => boolean
  #writer: StreamWriter | undefined
  /** What the caller has heard in the provider's own bytes. */
  #heard: Delta[] = []
  #reported: Delta | undefined
  #said = ''
  #plain = true
  #stopped = false
  /** The place of the one text among the blocks; undefined while it has not begun. */
  #at: number | undefined
  #usage: Usage | undefined
  #closed = false
  /** The caller has something in our own words. */
  #spoken = false
  #verbatim: StreamGlancer | undefined

  constructor(make: () => StreamWriter, isClosed: () => boolean = () => false) {
    this.#make = make
    this.#isClosed = isClosed
  }

  get said(): string {
    return this.#said
  }

  /** Where the text stands among the blocks. */
  get at(): number {
    return this.#at ?? 0
  }

  /** What was used as far as it was told, by all who have told a part of it. */
  get usage(): Usage | undefined {
    return this.#usage
  }

  /** Whether somebody else may go on: it is one plain text so far, perhaps after open thoughts, and not at its end. */
  get open(): boolean {
    return this.#plain && !this.#stopped && this.#said !== '' && (this.#writer !== undefined || !this.#isClosed())
  }

  /** What was said cannot be told for certain any more. */
  lose(): void {
    this.#plain = false
  }

  /** Notes what the caller has heard in other bytes than ours: pieces of a text as one, of reports the last. */
  overhear(deltas: readonly Delta[]): void {
    for (const delta of deltas) {
      this.#note(delta)
      if (delta.type === 'usage') this.#reported = delta
      else if (delta.type === 'text') this.#overhearText(delta)
      else this.#heard.push(delta)
    }
  }

  #overhearText(delta: TextDelta): void {
    const last = this.#heard.at(-1)
    const same = last?.type === 'text' && last.at === delta.at && last.choice === delta.choice
    if (same) this.#heard[this.#heard.length - 1] = { ...last, text: last.text + delta.text }
    else this.#heard.push(delta)
  }

  /** Notes the deltas, and the frames for them; with the last one, what closes the stream. */
  tell(deltas: readonly Delta[]): Uint8Array {
    for (const delta of deltas) this.#note(delta)
    if (this.#closed || deltas.length === 0) return nothing
    this.#spoken = true
    const bytes = this.#written().write(deltas)
    return deltas.some(delta => delta.type === 'done') ? joined(bytes, this.close()) : bytes
  }

  close(): Uint8Array {
    if (this.#closed) return nothing
    this.#closed = true
    return this.#written().end()
  }

  /** As long as the caller has only the provider's own bytes, whoever handed those on knows best how they fail. */
  failsAs(verbatim: StreamGlancer): void {
    this.#verbatim = verbatim
  }

  fail(fault: Fault, requestId: string): Uint8Array {
    this.#closed = true
    const own = this.#spoken ? undefined : this.#verbatim?.fail?.(fault, requestId)
    return own ?? this.#written().fail(fault, requestId)
  }

  /** The writer, where the caller is. */
  #written(): StreamWriter {
    this.#writer ??= this.#make()
    const heard = this.#reported ? [...this.#heard, this.#reported] : this.#heard
    if (heard.length > 0) this.#writer.write(heard)
    this.#heard = []
    this.#reported = undefined
    return this.#writer
  }

  #note(delta: Delta): void {
    switch (delta.type) {
      case 'text':
        // An empty one begins nothing.
        if (delta.text !== '') this.#say(delta)
        break
      case 'reasoning':
        // Thoughts that nobody signed are over when the text begins, and nobody will ask for them again.
        if (this.#at !== undefined || (delta.choice ?? 0) !== 0) this.#plain = false
        break
      case 'stop':
        this.#stopped = true
        break
      case 'usage':
        this.#usage = delta.usage
        break
      case 'start':
      case 'extras':
      case 'fault':
      case 'done':
        break
      case 'refusal':
      case 'tool':
      case 'input':
      case 'seal':
      case 'citation':
      case 'media':
      case 'opaque':
      case 'logprobs':
        this.#plain = false
        break
      default:
        delta satisfies never
    }
  }

  #say({ at, choice, text }: TextDelta): void {
    this.#at ??= at
    if (at !== this.#at || (choice ?? 0) !== 0) this.#plain = false
    this.#said += text
  }
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  if (one.length === 0) return other
  return other.length === 0 ? one : Buffer.concat([one, other])
}
