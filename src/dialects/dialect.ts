import type { Call, Letter, Operation } from '../model/call.ts'
import type { Event } from '../model/event.ts'
import type { Fault } from '../model/fault.ts'
import type { JsonObject } from '../model/json.ts'
import type { Batch } from '../model/source.ts'

/**
 * A dialect is four codecs: request, answer, stream and fault. We read requests and write replies for callers; we write
 * requests and read replies for providers. Between two that speak the same dialect a text is edited in place, never
 * parsed and printed.
 */
export interface Dialect {
  readonly id: string
  /** Where an operation is asked for, below a provider's base URL. */
  path(operation: Operation): string
  readonly request: RequestCodec
  readonly answer: AnswerCodec
  readonly stream: StreamCodec
  readonly fault: FaultCodec
}

export interface RequestCodec {
  /** Refuses with `invalid_request` and the field at fault. Checks what we act on and leaves the rest to the provider. */
  read(body: JsonObject, operation: Operation): Call
  /** The caller's own text for this target, with only those fields changed that must. */
  write(letter: Letter, target: { readonly model: string; readonly quirks: Quirks }): Wording
}

/** A request's text as a provider will see it. */
export type Wording = {
  readonly text: string
  /** We asked for the stream's usage report and the caller did not: it has to be taken out again. */
  readonly askedUsage: boolean
  /** Fields that had no place to go. */
  readonly lost: readonly string[]
}

export interface AnswerCodec {
  /** What a whole reply says: usage, stop, or a fault inside a 200. `wire` is its text as it came. */
  read(body: JsonObject, wire: string, operation: Operation): readonly Event[]
}

export interface StreamCodec {
  /** `hideUsage`: the usage report was our wish, not the caller's, and is taken out of what is handed on. */
  reader(options: { readonly hideUsage: boolean }): StreamReader
}

/** Stateful for one reply. */
export interface StreamReader {
  /**
   * What whole frames say, and the bytes to hand on. What cannot be understood says nothing: it is still the caller's
   * to have. The frames are the reader's from then on: what is taken out may be closed up in their own memory.
   */
  read(frames: Uint8Array): Batch
}

export interface FaultCodec {
  /** What a provider's refusal means. `body` is its text as it came. */
  read(refusal: Refusal): Fault
  /** A fault as a JSON reply. */
  write(fault: Fault, requestId: string): JsonObject
  /** A fault as the last event of a stream that has begun. */
  frame(fault: Fault, requestId: string): Uint8Array
}

export type Refusal = {
  readonly provider: string
  readonly status: number
  readonly contentType: string
  readonly retryAfterMs: number | undefined
  readonly body: string
}

/** Ways to be almost the dialect that a provider says it speaks. Each is one small edit. */
export type Quirks = {
  /** Whether a stream's usage has to be asked for: `ask` (the default), or never, because it comes anyway or is refused. */
  readonly streamUsage?: 'ask' | 'never'
  /** Understands the routing fields `models` and `provider` of a request, so they are left in. */
  readonly routesItself?: boolean
}
