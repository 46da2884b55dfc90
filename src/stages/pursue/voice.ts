import type { Cutter, Dialect, Reference, StreamGlancer, Wording } from '../../dialects/dialect.ts'
import { isAscii, plainText } from '../../lib/byte-text.ts'
import { FrameCutter } from '../../lib/sse.ts'
import type { Operation } from '../../model/call.ts'
import type { Chat } from '../../model/chat.ts'
import type { Event } from '../../model/event.ts'
import { Fault } from '../../model/fault.ts'
import type { JsonObject } from '../../model/json.ts'
import type { MediaPart } from '../../model/part.ts'
import { quoted, type Sentence, say } from '../../model/sentence.ts'
import type { WholeSource } from '../../model/source.ts'
import { embedded } from './embed.ts'
import { namesFiles, withFiles } from './files.ts'
import { faultAmong } from './read-whole.ts'
import type { Speaking, Voice, WholeReply } from './speaking.ts'
import { translated } from './translate.ts'

/**
 * Verbatim where the target speaks as the caller does: only what must change changes. Translated otherwise, and where the
 * letter carries something that was sealed for another target and must not reach this one.
 */
export function voiceOf(speaking: Speaking): Voice | Promise<Voice> {
  const { letter, route, visit } = speaking
  if (route.dialect.id === visit.dialect.id && !letter.sealed) return new Verbatim(speaking, visit.dialect)
  if (letter.call.operation === 'embeddings') return embedded(speaking) ?? onlyInItsDialect(speaking)
  if (letter.call.operation !== 'chat') return onlyInItsDialect(speaking)
  const [unsaid] = visit.dialect.keeping?.references(letter.outline) ?? []
  if (unsaid && route.dialect.id !== visit.dialect.id) throw notKept(unsaid)
  return retold(speaking, speaking.chat())
}

/** Told in the target's dialect, with the files that it would not fetch itself. */
export function retold(speaking: Speaking, chat: Chat): Voice | Promise<Voice> {
  const { route, fetchFile, signal } = speaking
  const takes = (kind: MediaPart['kind']): boolean => route.dialect.request.takesUrls(kind, route.quirks)
  if (!namesFiles(chat, takes)) return translated(speaking, chat)
  return withFiles(chat, takes, fetchFile, signal).then(whole => translated(speaking, whole))
}

/** Nothing is told again: the reply goes on as it comes, but for a usage report that only we asked for. */
class Verbatim implements Voice {
  readonly wording: Wording
  readonly array: boolean
  readonly verbatim = true
  readonly #dialect: Dialect
  readonly #operation: Operation
  readonly #several: boolean
  readonly #asked: JsonObject

  constructor({ letter, target, route }: Speaking, dialect: Dialect) {
    this.wording = dialect.request.reword(letter, { model: target.model, quirks: route.quirks })
    this.array = letter.call.array === true
    this.#dialect = dialect
    this.#operation = letter.call.operation
    this.#several = letter.call.choices !== undefined
    this.#asked = letter.outline
  }

  whole({ body, wire, bytes, contentType }: WholeReply): Omit<WholeSource, 'type'> {
    const events = glanced(this.#dialect, this.#operation, body, wire)
    if (this.#operation === 'embeddings' && !faultAmong(events)) this.#dialect.embeddings?.check(body, this.#asked)
    return { dialect: this.#dialect.id, contentType, bytes, events }
  }

  stream(): StreamGlancer {
    const { array } = this
    return this.#dialect.stream.glance({ hideUsage: this.wording.askedUsage, array, several: this.#several })
  }

  cutter(): Cutter {
    return this.#dialect.stream.cutter?.(this.array) ?? new FrameCutter()
  }
}

/** In a byte text. Where it fails, or stops for a reason beyond ASCII, that is read again in its own letters. */
function glanced({ answer }: Dialect, operation: Operation, body: JsonObject, wire: string): readonly Event[] {
  const events = answer.glance(body, wire, operation)
  if (!events.some(isTold) || isAscii(wire)) return events
  const plain = plainText(wire)
  return answer.glance(JSON.parse(plain) as JsonObject, plain, operation)
}

/** People read it. */
const isTold = (event: Event): boolean => event.type === 'fault' || (event.type === 'stop' && !isAscii(event.reason))

/** What was said before is known to nobody whom we could ask: going on without it would be another conversation. */
const notKept = ({ to, id, at }: Reference): Fault =>
  new Fault('invalid_request', say`The ${sayings[to](quoted(id.slice(0, 100)))}`, { param: at })

const sayings: Readonly<Record<Reference['to'], (id: Sentence) => Sentence>> = {
  reply: id =>
    say`response '${id}' is not kept here. Ask for "store": true when it is made, or send what was said before as input.`,
  item: id =>
    say`item '${id}' is not kept here. Ask for "store": true when its response is made, or send the item itself ("store": false makes most clients do so).`,
  conversation: id => say`conversation '${id}' is kept by OpenAI alone. Send what was said before as input.`,
}

function onlyInItsDialect({ letter, target, route, visit }: Speaking): never {
  throw new Fault(
    'invalid_request',
    `${target.provider} speaks ${route.dialect.id}: '${letter.call.operation}' of ${visit.dialect.id} cannot be told to it. Ask another model.`,
    { param: 'model' },
  )
}
