import type {
  Making,
  Naming,
  StreamGlancer,
  StreamReader,
  StreamWriter,
  StreamWriting,
} from '../../dialects/dialect.ts'
import type { Delta } from '../../model/delta.ts'
import { Fault } from '../../model/fault.ts'
import type { Batch } from '../../model/source.ts'
import { watched } from '../../model/watch.ts'
import type { Speaking, Voice } from './speaking.ts'
import { Splice } from './splice.ts'
import { makingOf } from './translate.ts'

const nothing = new Uint8Array(0)

/**
 * One stream to the caller, whoever tells it: what was said so far, and a writer that is where the caller is. Where the
 * bytes go on as they came, the writer writes along unheard, so that it can take over in the middle.
 */
export class Telling {
  readonly #writer: StreamWriter
  readonly #naming: Naming | undefined
  readonly #closing: readonly string[]
  #said = ''
  #plain = true
  #stopped = false
  /** The place of the one text among the blocks; undefined while it has not begun. */
  #at: number | undefined
  #closed = false

  constructor({ writer, naming, closing = [] }: StreamWriting, making: Making) {
    this.#writer = writer(making)
    this.#naming = naming?.()
    this.#closing = closing
  }

  get said(): string {
    return this.#said
  }

  /** Whether somebody else may go on: it is one plain text so far, and not at its end. */
  get open(): boolean {
    return this.#plain && !this.#stopped && this.#said !== ''
  }

  /** What was said cannot be told for certain any more. */
  lose(): void {
    this.#plain = false
  }

  /** Notes the deltas, and gives the frames for them; with the last one, what closes the stream. */
  tell(deltas: readonly Delta[]): Uint8Array {
    return this.#named(this.#write(deltas))
  }

  /** Notes the deltas, for which the caller is sent these bytes, as they came. */
  heard(deltas: readonly Delta[], sent: Uint8Array): void {
    const written = this.#write(deltas)
    this.#naming?.learn(sent, written)
    if (this.#closing.length === 0) return
    const bytes = Buffer.from(sent.buffer, sent.byteOffset, sent.byteLength)
    if (this.#closing.some(marker => bytes.includes(marker))) this.lose()
  }

  close(): Uint8Array {
    return this.#named(this.#end())
  }

  fail(fault: Fault, requestId: string): Uint8Array {
    this.#closed = true
    return this.#named(this.#writer.fail(fault, requestId))
  }

  #named(bytes: Uint8Array): Uint8Array {
    return this.#naming && bytes.length > 0 ? this.#naming.rename(bytes) : bytes
  }

  #write(deltas: readonly Delta[]): Uint8Array {
    for (const delta of deltas) this.#note(delta)
    if (this.#closed) return nothing
    const bytes = this.#writer.write(deltas)
    return deltas.some(delta => delta.type === 'done') ? joined(bytes, this.#end()) : bytes
  }

  #end(): Uint8Array {
    if (this.#closed) return nothing
    this.#closed = true
    return this.#writer.end()
  }

  #note(delta: Delta): void {
    switch (delta.type) {
      case 'text':
        this.#at ??= delta.at
        if (delta.at !== this.#at || (delta.choice ?? 0) !== 0) this.#plain = false
        this.#said += delta.text
        break
      case 'stop':
        this.#stopped = true
        break
      case 'start':
      case 'usage':
      case 'extras':
      case 'fault':
      case 'done':
        break
      case 'reasoning':
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

  /** Puts what another target says where the text stopped: what was said is taken out, thoughts about it are left out. */
  continuation(): (deltas: readonly Delta[]) => readonly Delta[] {
    const splice = new Splice(this.#said)
    const at = this.#at ?? 0
    let textAt: number | undefined
    const rest = (): readonly Delta[] => textOf(splice.end(), at)
    const placed = (delta: Delta): readonly Delta[] => {
      if (delta.type === 'start' || delta.type === 'reasoning') return []
      if (delta.type === 'stop' || delta.type === 'done') return [...rest(), delta]
      if (!('at' in delta)) return [delta]
      if (delta.type !== 'text')
        return delta.type === 'seal' && textAt === undefined ? [] : [...rest(), moved(delta, at, textAt)]
      textAt ??= delta.at
      if (delta.at !== textAt) return [moved(delta, at, textAt)]
      const text = splice.push(delta.text)
      return text === undefined ? [{ type: 'fault', fault: toldAnew() }] : textOf(text, at)
    }
    return deltas => deltas.flatMap(placed)
  }
}

const toldAnew = (): Fault =>
  new Fault('upstream_failed', 'The stream broke off, and the target that was to go on began anew in other words.')

const textOf = (text: string, at: number): readonly Delta[] => (text === '' ? [] : [{ type: 'text', at, text }])

/** The blocks after the text keep their order after it. */
function moved<D extends Delta & { readonly at: number }>(delta: D, at: number, textAt: number | undefined): D {
  return { ...delta, at: textAt === undefined ? at + 1 + delta.at : at + Math.max(1, delta.at - textAt) }
}

/**
 * The voice of a stream that somebody else may have to go on with, or that goes on with `telling`. Where the target speaks
 * as the caller does, the bytes go on as they came.
 */
export function follow(
  voice: Voice,
  speaking: Speaking,
  telling?: Telling,
): { readonly voice: Voice; readonly telling: Telling } {
  const { route, visit, target } = speaking
  const told = telling ?? new Telling(visit.dialect.stream, makingOf(speaking))
  const reader = (): StreamReader => route.dialect.stream.reader(`${target.provider}/${target.model}`)
  const stream = (): StreamGlancer =>
    new Told({
      telling: told,
      reader: reader(),
      ...(telling ? { place: telling.continuation() } : voice.verbatim && { verbatim: voice.stream() }),
    })
  return { voice: { ...voice, stream }, telling: told }
}

type Telltale = {
  readonly telling: Telling
  readonly reader: StreamReader
  /** Where the bytes go on as they came. */
  readonly verbatim?: StreamGlancer | undefined
  /** Where it continues what another has said. */
  readonly place?: ((deltas: readonly Delta[]) => readonly Delta[]) | undefined
}

/** Reads a stream in full, so that it can be gone on with. A provider's error is not handed on: somebody may yet help. */
class Told implements StreamGlancer {
  readonly #of: Telltale
  /** Whoever's bytes the caller has knows how they end. */
  readonly fail?: NonNullable<StreamGlancer['fail']>

  constructor(of: Telltale) {
    this.#of = of
    const { verbatim, telling } = of
    const fail = verbatim ? verbatim.fail : (fault: Fault, requestId: string) => telling.fail(fault, requestId)
    if (fail) this.fail = fail
  }

  read(frames: Uint8Array): Batch {
    const { telling, reader, verbatim, place } = this.#of
    const heard = reader.read(frames)
    const deltas = place ? place(heard) : heard
    const fault = [...heard, ...deltas].find(delta => delta.type === 'fault')
    const as = verbatim?.read(frames)
    if (as && fault && !as.events.some(event => event.type === 'fault')) {
      // An odd frame is still the caller's to have; but what it said is not known.
      telling.lose()
      return as
    }
    const until = fault ? deltas.findIndex(delta => delta.type === 'fault') : -1
    const good = until === -1 ? deltas : deltas.slice(0, until)
    if (as && !fault) {
      telling.heard(good, as.bytes)
      return as
    }
    const bytes = telling.tell(good)
    return { bytes, events: fault ? [...good.flatMap(watched), ...watched(fault)] : heard.flatMap(watched) }
  }

  end(): Batch | undefined {
    const { telling, verbatim } = this.#of
    const closing = telling.close()
    if (verbatim) return verbatim.end?.()
    return closing.length === 0 ? undefined : { bytes: closing, events: [{ type: 'done' }] }
  }
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  if (one.length === 0) return other
  return other.length === 0 ? one : Buffer.concat([one, other])
}
