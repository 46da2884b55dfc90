/**
 * Reads a request's JSON field by field, and knows the way to each: what is wrong is refused with its path, in the words
 * of the dialect.
 */

import { isList, isObject, type Json, type JsonObject } from './json.ts'
import type { Refusal } from './refusal.ts'

export type Range = { readonly min: number; readonly max: number }

export type Way = readonly (string | number)[]

/** `messages[0].content` */
export const bracketed = (way: Way): string => way.reduce<string>((path, step) => path + stepOf(step, path === ''), '')

const stepOf = (step: string | number, isFirst: boolean): string =>
  typeof step === 'number' ? `[${step}]` : isFirst ? step : `.${step}`

/** How a dialect writes a path, and what it says is wrong there. */
export type Words = {
  path(way: Way): string
  missing(at: string): Refusal
  /** `wanted` comes with its article: `a string`. */
  wrongType(at: string, wanted: string, seen: Json | undefined): Refusal
  outOfRange(at: string, seen: number, range: Range, whole: boolean): Refusal
  notAmong(at: string, seen: string, known: readonly string[]): Refusal
  unknown(at: string, name: string): Refusal
  tooLong(at: string, seen: number, most: number): Refusal
  wrong(at: string, sentence: string): Refusal
}

export class Field {
  readonly words: Words
  readonly value: Json | undefined
  readonly way: Way

  constructor(words: Words, value: Json | undefined, way: Way = []) {
    this.words = words
    this.value = value
    this.way = way
  }

  get at(): string {
    return this.words.path(this.way)
  }

  /** Absent or null. */
  get isAbsent(): boolean {
    return this.value === undefined || this.value === null
  }

  /** A member of what must be an object. */
  get(name: string): Field {
    return new Field(this.words, this.object()[name], [...this.way, name])
  }

  /** Refused where it is not there at all. */
  needed(): this {
    if (this.isAbsent) throw this.words.missing(this.at)
    return this
  }

  object(): JsonObject {
    if (!isObject(this.value)) throw this.wrongType('an object')
    return this.value
  }

  /** The members of a list, none when it is absent. */
  items(most = Number.POSITIVE_INFINITY): readonly Field[] {
    if (this.isAbsent) return []
    if (!isList(this.value)) throw this.wrongType('an array')
    if (this.value.length > most) throw this.words.tooLong(this.at, this.value.length, most)
    return this.value.map((each, i) => new Field(this.words, each, [...this.way, i]))
  }

  /** A string, or the empty string when it is absent. */
  text(): string {
    if (this.isAbsent) return ''
    if (typeof this.value !== 'string') throw this.wrongType('a string')
    return this.value
  }

  flag(): boolean {
    if (this.isAbsent) return false
    if (typeof this.value !== 'boolean') throw this.wrongType('a boolean')
    return this.value
  }

  integer(range: Range): number | undefined {
    if (this.isAbsent) return undefined
    if (!Number.isInteger(this.value)) throw this.wrongType('an integer')
    return this.#within(Number(this.value), range, true)
  }

  decimal(range: Range): number | undefined {
    if (this.isAbsent) return undefined
    if (typeof this.value !== 'number') throw this.wrongType('a decimal')
    return this.#within(this.value, range, false)
  }

  /** One of some words. */
  among<Name extends string>(known: readonly Name[]): Name {
    const said = this.text()
    const found = known.find(each => each === said)
    if (found === undefined) throw this.words.notAmong(this.at, said, known)
    return found
  }

  /** Refused where it has members that nobody knows. */
  only(known: ReadonlySet<string>): this {
    for (const name of Object.keys(this.object())) if (!known.has(name)) throw this.words.unknown(this.at, name)
    return this
  }

  wrongType(wanted: string): Refusal {
    return this.words.wrongType(this.at, wanted, this.value)
  }

  wrong(sentence: string): Refusal {
    return this.words.wrong(this.at, sentence)
  }

  #within(value: number, range: Range, whole: boolean): number {
    if (value < range.min || value > range.max) throw this.words.outOfRange(this.at, value, range, whole)
    return value
  }
}
