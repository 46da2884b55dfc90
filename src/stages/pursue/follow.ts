import type { Cutter, StreamGlancer, StreamReader } from '../../dialects/dialect.ts'
import type { Delta } from '../../model/delta.ts'
import type { Fault } from '../../model/fault.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Batch } from '../../model/source.ts'
import { watched } from '../../model/watch.ts'
import { continuation } from './continuation.ts'
import { readingInCallersNames } from './names.ts'
import type { Speaking, Voice } from './speaking.ts'
import type { Manner } from './splice.ts'
import { Telling } from './telling.ts'
import { makingOf } from './translate.ts'
import { unbrokenReader } from './unbroken.ts'
import { inWholeCharacters } from './whole-characters.ts'

export type Followed = { readonly voice: Voice; readonly telling: Telling }

/**
 * The voice of a stream that somebody else may have to go on with. Where the target speaks as the caller does, the bytes go
 * on as they came.
 */
export function follow(voice: Voice, speaking: Speaking): Followed {
  const { visit } = speaking
  const reader = readingInCallersNames(readerOf(speaking), voice.names)
  const making = makingOf(speaking)
  let overheard: Overheard | undefined
  const telling = new Telling(
    () => visit.dialect.stream.writer({ ...making, ...overheard?.behind() }),
    () => overheard !== undefined && reader.closed?.() === true,
  )
  const overhear = (): Overheard => {
    overheard = new Overheard(telling, reader, voice.stream())
    return overheard
  }
  const stream = () => (voice.verbatim ? overhear() : new Told(telling, reader))
  return { voice: heardBy(stream, voice, speaking), telling }
}

/** The voice of one that goes on with what was told. */
export function goOn(voice: Voice, speaking: Speaking, telling: Telling, manner: Manner): Followed {
  const place = continuation(telling, manner)
  const stream = () =>
    new Told(telling, readingInCallersNames(readerOf(speaking), voice.names), { place, tentative: true })
  return { voice: heardBy(stream, voice, speaking), telling }
}

/** The same voice, with another who listens to its streams. */
function heardBy(stream: Voice['stream'], voice: Voice, speaking: Speaking): Voice {
  const { wording, array, batch, verbatim = false } = voice
  return {
    wording,
    array,
    ...(batch !== undefined && { batch }),
    verbatim,
    whole: reply => voice.whole(reply),
    stream,
    cutter: cutterOf(voice, speaking),
  }
}

const readerOf = ({ route, target }: Speaking): StreamReader =>
  unbrokenReader(route.dialect.stream.reader(`${target.provider}/${target.model}`))

/** An event that was broken off in its middle was not said, unless it says that all was. */
function cutterOf(voice: Voice, speaking: Speaking): () => Cutter {
  const isEnd = (rest: Uint8Array): boolean =>
    readerOf(speaking)
      .read(rest)
      .some(({ type }) => type === 'stop' || type === 'done')
  return () => {
    const cutter = voice.cutter()
    return {
      push: read => cutter.push(read),
      end() {
        const rest = cutter.end()
        return rest.length === 0 || isEnd(rest) ? rest : rest.subarray(0, 0)
      },
    }
  }
}

type Placing = {
  readonly place?: (deltas: readonly Delta[]) => readonly Delta[]
  /** It goes on with what others have told, and may fail before it does: until then nothing of it counts as told. */
  readonly tentative?: boolean
}

/** Tells a stream again, each time in the words of the caller's dialect. A provider's error is left out: somebody may yet help. */
class Told implements StreamGlancer {
  readonly #telling: Telling
  readonly #reader: StreamReader
  readonly #place: (deltas: readonly Delta[]) => readonly Delta[]
  /** What is not told yet; undefined once it tells at once. */
  #held: Delta[] | undefined

  constructor(telling: Telling, reader: StreamReader, { place = asItIs, tentative = false }: Placing = {}) {
    this.#telling = telling
    this.#reader = inWholeCharacters(reader)
    this.#place = place
    if (tentative) this.#held = []
  }

  read(frames: Uint8Array): Batch {
    const heard = this.#reader.read(frames)
    const { good, fault } = parted(this.#place(heard))
    const bytes = this.#tell(good, fault)
    const events = heard.filter(({ type }) => type !== 'fault').flatMap(watched)
    return { bytes, events: fault ? [...events, { type: 'fault', fault }] : events }
  }

  #tell(good: readonly Delta[], fault: Fault | undefined): Uint8Array {
    if (!this.#held) return this.#telling.tell(good)
    this.#held.push(...good)
    if (fault || this.#held.every(isAbout)) return nothing
    const held = this.#held
    this.#held = undefined
    return this.#telling.tell(held)
  }

  end(): Batch | undefined {
    const bytes = this.#telling.close()
    return bytes.length === 0 ? undefined : { bytes, events: [{ type: 'done' }] }
  }

  fail(fault: Fault, requestId: string): Uint8Array {
    return this.#telling.fail(fault, requestId)
  }
}

/** Hands a stream's bytes on as they came, and listens. */
class Overheard implements StreamGlancer {
  readonly #telling: Telling
  readonly #reader: StreamReader
  readonly #verbatim: StreamGlancer
  /** What the caller knows, where the last read was not handed on. */
  #before: JsonObject | undefined

  constructor(telling: Telling, reader: StreamReader, verbatim: StreamGlancer) {
    this.#telling = telling
    this.#reader = reader
    this.#verbatim = verbatim
    telling.failsAs(verbatim)
  }

  /** What is needed to go on behind the provider's own bytes. */
  behind(): { readonly behind?: JsonObject } {
    const names = this.#before ?? this.#reader.names?.()
    return names ? { behind: names } : {}
  }

  read(frames: Uint8Array): Batch {
    const names = this.#reader.names?.()
    const { good, fault } = parted(this.#reader.read(frames))
    const batch = this.#verbatim.read(frames)
    const failed = batch.events.find(event => event.type === 'fault')
    if (failed) {
      // The provider's own error stays here; what came before it in this read is told in our words.
      this.#before = names
      return { bytes: this.#telling.tell(good), events: [...good.flatMap(watched), failed] }
    }
    // An odd frame is still the caller's to have; but what it said is not known.
    if (fault) this.#telling.lose()
    this.#telling.overhear(good)
    return batch
  }

  end(): Batch | undefined {
    return this.#verbatim.end?.()
  }

  fail(fault: Fault, requestId: string): Uint8Array {
    return this.#telling.fail(fault, requestId)
  }
}

const nothing = new Uint8Array(0)

/** It says something about the reply, and nothing of it. */
const isAbout = ({ type }: Delta): boolean => type === 'start' || type === 'usage' || type === 'extras'

const asItIs = (deltas: readonly Delta[]): readonly Delta[] => deltas

/** What was said before a fault. */
function parted(deltas: readonly Delta[]): { readonly good: readonly Delta[]; readonly fault?: Fault } {
  const at = deltas.findIndex(({ type }) => type === 'fault')
  const found = deltas[at]
  return found?.type === 'fault' ? { good: deltas.slice(0, at), fault: found.fault } : { good: deltas }
}
