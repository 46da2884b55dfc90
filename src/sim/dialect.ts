/** What a dialect must bring: how a request is read, and how an answer, an error and its headers are written. */

import type { Behaving } from './behave.ts'
import type { JsonObject } from './json.ts'
import type { Left } from './limits.ts'
import type { Model } from './models.ts'
import type { Refusal } from './refusal.ts'
import type { Headers, Step } from './steps.ts'

export type Dialect = Manners & {
  readonly use: Model['use']
  /** Reads the request and has it answered. Nothing is written yet. Refuses by throwing a `Refusal`. */
  read(body: JsonObject, desk: Desk): Spoken
}

/** What every endpoint of a provider has, those without a model too. */
export type Manners = {
  error(refusal: Refusal): string
  /** An error inside a stream that has begun. */
  errorEvent(refusal: Refusal): string
  headers(request: Marked): Headers
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
  events(): Iterable<Step>
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
}
