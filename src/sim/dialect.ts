/** What a dialect must bring: how a request is read, and how an answer, an error and its headers are written. */

import type { Behaving } from './behave.ts'
import type { Framing } from './framing.ts'
import type { Json, JsonObject } from './json.ts'
import type { Left } from './limits.ts'
import type { Model } from './models.ts'
import type { Reason, Refusal } from './refusal.ts'
import type { Received } from './seen.ts'
import type { Headers, Notes } from './steps.ts'
import type { Thread } from './threads.ts'

export type Dialect = Manners & {
  readonly use: Model['use']
  /** The model that is asked and whether a stream is wanted: in the body, or in the path. */
  summons(body: JsonObject): Summons
  /** Reads the request and has it answered. Nothing is written yet. Refuses by throwing a `Refusal`. */
  read(body: JsonObject, desk: Desk): Spoken
}

/** Not yet checked. */
export type Summons = { readonly model: Json | undefined; readonly stream: boolean }

/** What every endpoint of a provider has, those without a model too. */
export type Manners = {
  /** How its streams are framed. */
  readonly framing: Framing
  error(refusal: Refusal, marked: Marked): string
  /** What an answer or an event has for its `error`, where one is put beside its other fields. */
  errorMember(refusal: Refusal): object
  /** An error as an event of a stream. */
  errorNotes(refusal: Refusal): Notes
  headers(request: Marked): Headers
  /** What only a refusal has. */
  refusalHeaders?(refusal: Refusal): Headers
  /** Refuses a request without what every request must have. */
  vet?(received: Received): void
  /** The key that a request carries: `sim-key` where it is right, `undefined` where there is none. */
  keyIn(received: Received): string | undefined
  /** What it says where OpenAI's words, the usual ones, would be wrong. */
  readonly says?: Readonly<Partial<Record<Reason, (about: string) => Refusal>>>
}

export type Marked = {
  /** A number of this request's own, from which its identifiers are made. */
  readonly mark: number
  /** How long the sim took. */
  readonly ms: number
  /** What the rate limits leave, where the request counted. */
  readonly left?: Left
}

/** An answer that is ready to be written, whole or as a stream. */
export type Spoken = {
  readonly stream: boolean
  /** All tokens of it, for the rate limits. */
  readonly tokens: number
  /** Tokens of the answer alone: a body that is slowed or cut comes in so many pieces. */
  readonly said: number
  whole(): string
  notes(): Notes
  /** An error after the answer has begun, where it is told otherwise than at its beginning. */
  failing?(refusal: Refusal): Notes
}

/** What a dialect needs to answer one request. */
export type Desk = {
  readonly model: Model
  /** The model's name as it was asked for. */
  readonly name: string
  readonly behaving: Behaving
  readonly mark: number
  /** Seconds since 1970. */
  readonly created: number
  /** How many tokens of a prompt this model has seen before. */
  recall(text: string): number
  /** The answers that are kept for a later request. */
  readonly threads: Map<string, Thread>
}
