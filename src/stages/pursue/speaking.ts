import type { Composed, Cutter, StreamGlancer, Wording } from '../../dialects/dialect.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Visit } from '../../line.ts'
import type { Letter } from '../../model/call.ts'
import type { Chat } from '../../model/chat.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Target } from '../../model/plan.ts'
import type { WholeSource } from '../../model/source.ts'
import type { FetchFile } from './files.ts'
import type { Route } from './route.ts'

/** How a letter is told to one target, and how the target's reply is told to the caller. */
export type Voice = {
  readonly wording: Wording
  /** The stream is asked for as one JSON array, because it is handed on as it comes. */
  readonly array: boolean
  /** Several are asked for at once, by Gemini's method for that; as the caller asked if left out. */
  readonly batch?: boolean
  /** The bytes of the reply go on as they came. */
  readonly verbatim?: boolean
  /** What the caller calls the tools that the target knows by another name. */
  readonly names?: Composed['names']
  /** A whole reply for the caller. Throws the fault that stands inside a 200. */
  whole(reply: WholeReply): Omit<WholeSource, 'type'>
  /** Reads one stream; what it hands on is in the caller's dialect. */
  stream(): StreamGlancer
  cutter(): Cutter
}

/** `wire` is its text, and `body` that text parsed; where it is handed on as it came, with a character for each byte. */
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
  readonly clock: Clock
}
