import type { Delta } from '../../model/delta.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import { jsonOf } from '../../model/numbers.ts'
import { odd } from '../provider-fault.ts'
import { Grounding, type Text } from './citations.ts'
import { dialectId } from './id.ts'
import { readLogprobs } from './logprobs.ts'
import { base64, kindOf, sourceAt } from './media.ts'
import { others } from './others.ts'
import { PartialArgs } from './partial-args.ts'
import { isReason, readStop } from './stop.ts'

/** One of a reply's candidates, read as it comes: its parts become blocks, in their order. */
export class CandidateReader {
  readonly #choice: number
  readonly #maker: string
  readonly #joins: boolean
  readonly #newId: () => string
  readonly #grounding: Grounding = new Grounding()
  readonly #texts: Draft[] = []
  #next = 0
  /** The text or thought that the next piece goes on with. */
  #open: { readonly kind: 'text' | 'reasoning'; readonly at: number } | undefined
  #call: { readonly at: number; readonly args: PartialArgs } | undefined
  #called = false

  constructor(choice: number, maker: string, joins: boolean, newId: () => string) {
    this.#choice = choice
    this.#maker = maker
    this.#joins = joins
    this.#newId = newId
  }

  read(candidate: JsonObject): readonly Delta[] {
    const deltas = partsIn(candidate, this.#choice).flatMap(part => this.#part(part))
    for (const { at, citation } of this.#grounding.read(candidate, this.#texts))
      deltas.push({ type: 'citation', ...this.#at(at), citation })
    const tokens = readLogprobs(candidate.logprobsResult)
    if (tokens.length > 0) deltas.push({ type: 'logprobs', choice: this.#choice, tokens })
    const fields = this.#extras(candidate)
    if (Object.keys(fields).length > 0) deltas.push({ type: 'extras', dialect: dialectId, fields })
    if (isReason(candidate.finishReason)) deltas.push(...this.#stop(candidate.finishReason))
    return deltas
  }

  #at(at: number) {
    return { at, choice: this.#choice }
  }

  #stop(raw: string): readonly Delta[] {
    const closing = this.#closeCall()
    return [...closing, { type: 'stop', choice: this.#choice, reason: readStop(raw, this.#called), raw }]
  }

  #part(part: JsonObject): Delta[] {
    const { functionCall, inlineData, fileData } = part
    const data = dataNames(part)
    if (functionCall !== undefined) return this.#function(functionCall, part)
    if (data.length > 0 && (part.thought === true || (inlineData ?? fileData) === undefined))
      return this.#opaque(data[0] ?? '', part)
    if (data.length > 0) return [...this.#media(part), ...this.#sealed(part, this.#next - 1)]
    return this.#words(part)
  }

  #words(part: JsonObject): Delta[] {
    const { text = '', thought } = part
    if (typeof text !== 'string') throw odd('text', text)
    const kind = thought === true ? 'reasoning' : 'text'
    // A signature in an empty text is a part of its own, unless it signs the thought that it follows.
    if (text === '')
      return this.#sealed(part, kind === 'reasoning' && this.#open?.kind === kind ? this.#open.at : this.#next)
    const at = this.#open?.kind === kind ? this.#open.at : this.#begin()
    this.#open = this.#joins ? { kind, at } : undefined
    if (kind === 'text') this.#note(at, text)
    return [{ type: kind, ...this.#at(at), text }, ...this.#sealed(part, at)]
  }

  #begin(): number {
    this.#open = undefined
    return this.#next++
  }

  #note(at: number, text: string): void {
    const there = this.#texts.find(each => each.at === at)
    if (there) there.text += text
    else this.#texts.push({ at, text })
  }

  /** A part that is signed is whole: what follows is another. */
  #sealed({ thoughtSignature: value }: JsonObject, at: number): Delta[] {
    if (typeof value !== 'string' || value === '') return []
    this.#open = undefined
    this.#next = Math.max(this.#next, at + 1)
    return [{ type: 'seal', ...this.#at(at), seal: this.#seal(value) }]
  }

  #seal(value: string) {
    return { dialect: dialectId, maker: this.#maker, value }
  }

  /** A call is whole, or (Vertex, on demand) begins with a name and goes on in pieces until one that says no more. */
  #function(call: Json, part: JsonObject): Delta[] {
    if (!isObject(call)) throw odd('functionCall', call)
    const begun = typeof call.name === 'string' && call.name !== '' ? this.#beginCall(call, call.name) : []
    const at = this.#call?.at ?? this.#next - 1
    const sealed = this.#sealed(part, at)
    if (!this.#call) throw odd('functionCall', call)
    const pieces = Array.isArray(call.partialArgs) ? call.partialArgs : []
    for (const piece of pieces) if (!this.#call.args.add(piece)) throw odd('functionCall.partialArgs', piece)
    if (call.willContinue === true) return [...begun, ...sealed]
    return [...begun, ...this.#closeCall(call.args), ...sealed]
  }

  #beginCall(call: JsonObject, name: string): Delta[] {
    const closing = this.#closeCall()
    const at = this.#begin()
    const id = typeof call.id === 'string' && call.id !== '' ? call.id : this.#newId()
    this.#call = { at, args: new PartialArgs() }
    this.#called = true
    return [...closing, { type: 'tool', ...this.#at(at), id, name }]
  }

  #closeCall(args?: Json): Delta[] {
    if (!this.#call) return []
    if (args !== undefined && args !== null && !isObject(args)) throw odd('functionCall.args', args)
    const text = isObject(args) ? jsonOf(args) : this.#call.args.text()
    const input: Delta = { type: 'input', ...this.#at(this.#call.at), text }
    this.#call = undefined
    return [input]
  }

  #media({ inlineData: blob, fileData: file }: JsonObject): Delta[] {
    const at = this.#begin()
    if (isObject(blob)) {
      const { mimeType: mediaType, data } = blob
      if (typeof mediaType !== 'string' || typeof data !== 'string')
        throw odd('inlineData', { mimeType: mediaType ?? null })
      const source = { from: 'data', mediaType, data: base64(data) } as const
      return [{ type: 'media', ...this.#at(at), kind: kindOf(mediaType), source }]
    }
    const { fileUri, mimeType } = isObject(file) ? file : {}
    if (typeof fileUri !== 'string') throw odd('fileData', file)
    const mediaType = typeof mimeType === 'string' ? mimeType : undefined
    return [{ type: 'media', ...this.#at(at), kind: kindOf(mediaType, fileUri), source: sourceAt(fileUri, mediaType) }]
  }

  /** Google's own tools at work, and what nobody has seen yet: kept whole, signature and all. */
  #opaque(label: string, part: JsonObject): Delta[] {
    return [{ type: 'opaque', ...this.#at(this.#begin()), label, seal: this.#seal(JSON.stringify(part)) }]
  }

  #extras(candidate: JsonObject): JsonObject & { readonly [name: string]: Json } {
    const fields = others(candidate, known, `candidates[${this.#choice}].`)
    for (const name of Object.keys(fields)) if (isEmpty(fields[name])) delete fields[name]
    return fields
  }
}

type Draft = { -readonly [name in keyof Text]: Text[name] }

/** What has a place in the model; an empty object (`groundingMetadata` in the middle of a stream) says nothing. */
const known: ReadonlySet<string> = new Set(['content', 'finishReason', 'index', 'logprobsResult'])

const isEmpty = (value: Json | undefined): boolean => isObject(value) && Object.keys(value).length === 0

/** The last chunk may have a content without parts, or no content at all. */
function partsIn({ content }: JsonObject, choice: number): readonly JsonObject[] {
  const at = `candidates[${choice}].content`
  if (content === undefined || content === null) return []
  if (!isObject(content)) throw odd(at, content)
  const { parts } = content
  if (parts === undefined || parts === null) return []
  if (!Array.isArray(parts)) throw odd(`${at}.parts`, parts)
  return parts.map((part: Json) => {
    if (isObject(part)) return part
    throw odd(`${at}.parts`, part)
  })
}

const words: ReadonlySet<string> = new Set(['text', 'thought', 'thoughtSignature', 'partMetadata'])

/** What a part holds beside words. */
const dataNames = (part: JsonObject): readonly string[] =>
  Object.keys(part).filter(name => !words.has(name) && part[name] !== undefined && part[name] !== null)
