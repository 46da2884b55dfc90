import type { Cutter, Dialect, StreamGlancer, Wording } from '../../dialects/dialect.ts'
import { FrameCutter } from '../../lib/sse.ts'
import type { Visit } from '../../line.ts'
import type { Letter } from '../../model/call.ts'
import type { Chat } from '../../model/chat.ts'
import { Fault } from '../../model/fault.ts'
import type { JsonObject } from '../../model/json.ts'
import type { MediaPart } from '../../model/part.ts'
import type { Target } from '../../model/plan.ts'
import { holdsSealed } from '../../model/sealed.ts'
import type { WholeSource } from '../../model/source.ts'
import { type FetchFile, namesFiles, withFiles } from './files.ts'
import type { Route } from './route.ts'
import { translated } from './translate.ts'

/** How a letter is told to one target, and how the target's reply is told to the caller. */
export type Voice = {
  readonly wording: Wording
  /** The bytes of the reply go on as they came. */
  readonly verbatim?: boolean
  /** A whole reply for the caller. Throws the fault that stands inside a 200. */
  whole(reply: WholeReply): Omit<WholeSource, 'type'>
  /** Reads one stream; what it hands on is in the caller's dialect. */
  stream(): StreamGlancer
  cutter(): Cutter
}

export type WholeReply = {
  readonly body: JsonObject
  readonly wire: string
  readonly bytes: Uint8Array
  readonly contentType: string
}

/** What has to be known to find a voice. */
export type Speaking = {
  readonly visit: Visit
  readonly letter: Letter
  readonly target: Target
  readonly route: Route
  /** The letter, understood; asked for only where it has to be told again. */
  readonly chat: () => Chat
  readonly fetchFile: FetchFile
  /** Aborts when the try is given up. */
  readonly signal: AbortSignal
  /** Seconds since 1970. */
  readonly created: number
}

/**
 * Verbatim where the target speaks as the caller does: only what must change changes. Translated otherwise, and where the
 * letter carries something that was sealed for another target and must not reach this one.
 */
export function voiceOf(speaking: Speaking): Voice | Promise<Voice> {
  const { letter, route, visit } = speaking
  if (route.dialect.id === visit.dialect.id && !holdsSealed(letter.text)) return verbatim(speaking, visit.dialect)
  if (letter.call.operation !== 'chat') throw onlyInItsDialect(speaking)
  const before = visit.dialect.keeping?.previous(letter.body)
  if (before !== undefined && route.dialect.id !== visit.dialect.id) throw notKept(before)
  const chat = speaking.chat()
  const takes = (kind: MediaPart['kind']): boolean => route.dialect.request.takesUrls(kind, route.quirks)
  if (!namesFiles(chat, takes)) return translated(speaking, chat)
  return withFiles(chat, takes, speaking.fetchFile, speaking.signal).then(whole => translated(speaking, whole))
}

function verbatim({ letter, target, route }: Speaking, dialect: Dialect): Voice {
  const { call } = letter
  const wording = dialect.request.reword(letter, { model: target.model, quirks: route.quirks })
  return {
    wording,
    verbatim: true,
    whole: ({ body, wire, bytes, contentType }) => ({
      dialect: dialect.id,
      contentType,
      bytes,
      events: dialect.answer.glance(body, wire, call.operation),
    }),
    stream: () => dialect.stream.glance({ hideUsage: wording.askedUsage, array: call.array === true }),
    cutter: () => dialect.stream.cutter?.(call.array === true) ?? new FrameCutter(),
  }
}

/** What was said before is known to nobody whom we could ask: going on without it would be another conversation. */
const notKept = (id: string): Fault =>
  new Fault(
    'invalid_request',
    `The response '${id.slice(0, 100)}' is not kept here. Ask for "store": true when it is made, or send what was said before as input.`,
    { param: 'previous_response_id' },
  )

const onlyInItsDialect = ({ letter, target, route, visit }: Speaking): Fault =>
  new Fault(
    'invalid_request',
    `${target.provider} speaks ${route.dialect.id}: '${letter.call.operation}' of ${visit.dialect.id} cannot be told to it. Ask another model.`,
    { param: 'model' },
  )
