import type {
  Aim,
  Composed,
  Making,
  RequestReader,
  StreamGlancer,
  StreamReader,
  StreamWriter,
} from '../../dialects/dialect.ts'
import { FrameCutter } from '../../lib/sse.ts'
import type { Chat } from '../../model/chat.ts'
import type { Delta } from '../../model/delta.ts'
import { Fault } from '../../model/fault.ts'
import type { JsonObject } from '../../model/json.ts'
import { inBounds } from '../../model/lost.ts'
import { noteNumbers } from '../../model/numbers.ts'
import type { WholeSource } from '../../model/source.ts'
import { watched, watchedWhole } from '../../model/watch.ts'
import { composed } from './composed.ts'
import { inCallersNames, readingInCallersNames } from './names.ts'
import { isAnswer } from './read-whole.ts'
import type { Speaking, Voice, WholeReply } from './speaking.ts'
import { unbroken, unbrokenReader } from './unbroken.ts'
import { inWholeCharacters } from './whole-characters.ts'

const encoder = new TextEncoder()
const nothing = new Uint8Array(0)

/** Tells a chat in the provider's dialect, and the reply in the caller's. */
export function translated(speaking: Speaking, chat: Chat): Voice {
  const { route, visit } = speaking
  const asked = composed(chat, aimOf(speaking), route.dialect.request, wordsOf(speaking))
  return told(speaking, asked, ({ body, wire }, making) => {
    const answer = unbroken(inCallersNames(route.dialect.answer.read(body, wire, making.maker), asked.names))
    const events = watchedWhole(answer)
    // One that has told nothing may yet be an answer in its own dialect: it goes on in the background.
    const heard = events.some(isAnswer) ? events : route.dialect.answer.glance(body, wire, 'chat')
    return { reply: visit.dialect.answer.write(answer, making), events: heard }
  })
}

/** What the caller calls things, in the words of this very request where its dialect has several. */
function wordsOf({ visit, letter }: Speaking): RequestReader {
  const { request } = visit.dialect
  return request.nounsIn ? { ...request, nouns: { ...request.nouns, ...request.nounsIn(letter.body) } } : request
}

export const aimOf = ({ target, route, letter }: Speaking): Aim => ({
  ...target,
  quirks: route.quirks,
  stream: letter.call.stream,
})

/** A provider's whole reply, told again. */
type Retell = (
  reply: WholeReply,
  making: Making,
) => { readonly reply: JsonObject; readonly events: WholeSource['events'] }

/** Sends what was composed, and tells the reply in the caller's dialect. What had no place to go is told, or refused. */
export function told(speaking: Speaking, { body, lost, names, batch = false }: Composed, retell: Retell): Voice {
  const { letter, route, visit } = speaking
  const { dialect } = route
  if (letter.strict && lost.length > 0) throw refused(speaking, lost)
  const making = makingOf(speaking)
  const reader = () => readingInCallersNames(unbrokenReader(dialect.stream.reader(making.maker)), names)
  return {
    array: false,
    batch,
    ...(names && { names }),
    wording: { body: JSON.stringify(body), askedUsage: false, lost },
    whole(heard) {
      checkWords(heard.wire, heard.bytes)
      noteNumbers(heard.body, heard.wire)
      const { reply, events } = retell(heard, making)
      const bytes = encoder.encode(JSON.stringify(reply))
      return { dialect: visit.dialect.id, contentType: 'application/json', bytes, events }
    },
    stream: () => new Translation(reader(), visit.dialect.stream.writer(making), visit.id),
    cutter: () => dialect.stream.cutter?.(false) ?? new FrameCutter(),
  }
}

export function makingOf({ visit, letter, target, clock }: Speaking): Making {
  const now = (): number => Math.floor(clock.wall() / 1000)
  return {
    id: visit.id,
    created: now(),
    now,
    maker: `${target.provider}/${target.model}`,
    call: letter.call,
    body: letter.asked ?? letter.body,
  }
}

const refused = ({ target, route }: Speaking, lost: readonly string[]): Fault =>
  new Fault(
    'invalid_request',
    `${target.provider} speaks ${route.dialect.id}, where ${inBounds(lost).join(', ')} has no place, and this request is strict. Leave it out, or ask another model.`,
    lost[0] === undefined ? {} : { param: lost[0] },
  )

const strict = new TextDecoder('utf-8', { fatal: true })

/** Words with a hole in them would be told as if the model had said so. A sign of that may also be the model's own. */
function checkWords(wire: string, bytes: Uint8Array): void {
  if (!wire.includes('\ufffd')) return
  try {
    strict.decode(bytes)
  } catch (cause) {
    throw new Fault('upstream_failed', 'the reply is not valid UTF-8', { cause })
  }
}

/** One stream, told again. Its closing mark leaves when the provider's came, or when the provider ended without one. */
class Translation implements StreamGlancer {
  readonly #reader: StreamReader
  readonly #writer: StreamWriter
  readonly #id: string
  #closed = false

  constructor(reader: StreamReader, writer: StreamWriter, id: string) {
    this.#id = id
    this.#reader = inWholeCharacters(reader)
    this.#writer = writer
  }

  read(frames: Uint8Array) {
    const deltas = this.#reader.read(frames)
    const fault = deltas.findIndex(delta => delta.type === 'fault')
    const told = fault === -1 ? deltas : deltas.slice(0, fault)
    const bytes = this.#closed ? nothing : this.#writer.write(told)
    const events = (fault === -1 ? deltas : deltas.slice(0, fault + 1)).flatMap(watched)
    if (fault !== -1) return { bytes: joined(bytes, this.#failure(deltas[fault])), events }
    const done = told.some(delta => delta.type === 'done') && !this.#closed
    return { bytes: done ? joined(bytes, this.#close()) : bytes, events }
  }

  /** The frames after which nothing comes, in the place of the provider's error. */
  #failure(delta: Delta | undefined): Uint8Array {
    return delta?.type === 'fault' ? this.fail(delta.fault) : nothing
  }

  end() {
    if (this.#closed) return undefined
    return { bytes: this.#close(), events: [{ type: 'done' } as const] }
  }

  fail(fault: Fault): Uint8Array {
    this.#closed = true
    return this.#writer.fail(fault, this.#id)
  }

  #close(): Uint8Array {
    this.#closed = true
    return this.#writer.end()
  }
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  if (one.length === 0) return other
  return other.length === 0 ? one : Buffer.concat([one, other])
}
