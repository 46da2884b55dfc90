import type { Delta } from '../../model/delta.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import type { Citation } from '../../model/part.ts'
import { sourceOf } from '../data-url.ts'
import { odd } from '../provider-fault.ts'
import { readCitation } from './citations.ts'
import { dialectId } from './id.ts'
import { readLogprobs } from './logprobs.ts'
import { heardType } from './media.ts'
import { CallsReader } from './read-calls.ts'
import { readStop } from './stop.ts'
import { type Detail, detailOf, sealOf, signatureIn } from './thoughts.ts'

/** Which of several replies this is, who makes it, and whether it comes at once. */
export type Place = { readonly choice: number; readonly maker: string; readonly whole: boolean }

/** The block that began last. What only its maker understands of it is told when it is over. */
type Open = { readonly kind: string; readonly at: number; readonly rest: JsonObject }

/** Reads one of several replies: each thing it says goes on with the last block if that is of its kind, or begins one. */
export class ChoiceReader {
  readonly #place: Place
  readonly #calls: CallsReader
  #next = 0
  #open: Open | undefined
  #lastText: number | undefined
  #citations: Citation[] = []
  #cited = false
  #sources: readonly Citation[] = []
  #sound: Open | undefined
  #refused = false
  #stopped = false

  constructor(place: Place) {
    this.#place = place
    this.#calls = new CallsReader(place, out => this.#begin('call', out))
  }

  read(wire: JsonObject, sources: readonly Citation[], out: Delta[]): void {
    if (sources.length > 0) this.#sources = sources
    this.#say(this.#saidIn(wire), out)
    const tokens = readLogprobs(wire.logprobs)
    if (tokens.length > 0) out.push({ type: 'logprobs', choice: this.#place.choice, tokens })
    if (typeof wire.finish_reason === 'string' && wire.finish_reason !== '') this.#stop(wire.finish_reason, wire, out)
  }

  end(out: Delta[]): void {
    if (!this.#stopped) this.#finish(true, out)
  }

  /** Perplexity repeats the whole `message` beside every `delta`; old completions have a `text`. */
  #saidIn({ delta, message, text }: JsonObject): JsonObject {
    const [first, second] = this.#place.whole ? [message, delta] : [delta, message]
    if (isObject(first)) return first
    if (isObject(second)) return this.#next === 0 ? second : {}
    return typeof text === 'string' ? { content: text } : {}
  }

  #say(said: JsonObject, out: Delta[]): void {
    this.#think(said, out)
    this.#content(said.content, out)
    if (isSaid(said.refusal)) this.#refuse(said.refusal, out)
    if (Array.isArray(said.annotations)) this.#annotate(said.annotations.filter(isObject), out)
    if (isObject(said.audio)) this.#hear(said.audio, out)
    if (Array.isArray(said.images)) for (const image of said.images) this.#show(image, out)
    this.#calls.read(said, out)
    const signature = signatureIn(said)
    if (signature !== undefined) this.#sign(signature, out)
  }

  /** Details have the thoughts that stand beside them as a text too, unless there are no words in them. */
  #think(said: JsonObject, out: Delta[]): void {
    const { reasoning_details: list } = said
    const details = Array.isArray(list) ? list.filter(isObject).map(detailOf) : []
    const words = isSaid(said.reasoning_content) ? said.reasoning_content : said.reasoning
    if (isSaid(words) && details.every(detail => detail.words === ''))
      this.#thought('reasoning', { words, summary: false, rest: {} }, out)
    for (const detail of details) this.#detail(detail, out)
  }

  #detail(detail: Detail, out: Delta[]): void {
    if (detail.words === '' && !sealOf(detail.rest)) return
    const { type, index } = detail.rest
    // A signature that comes after plain words belongs to them.
    const signs = detail.words === '' && type === 'reasoning.text' && this.#open?.kind === 'reasoning'
    this.#thought(signs ? 'reasoning' : JSON.stringify([type, index]), detail, out)
  }

  #thought(kind: string, { words, summary, rest }: Detail, out: Delta[]): void {
    // What is neither said nor sealed begins nothing.
    if (words === '' && this.#open?.kind !== kind && !sealOf(rest, this.#place.maker)) return
    const at = this.#continue(kind, out)
    this.#open = { kind, at, rest: { ...this.#open?.rest, ...given(rest) } }
    if (words !== '') out.push({ type: 'reasoning', ...this.#at(at), text: words, ...(summary && { summary }) })
  }

  #content(content: Json | undefined, out: Delta[]): void {
    if (content === undefined || content === null || content === '') return
    if (typeof content === 'string') this.#text(content, out)
    else if (Array.isArray(content)) for (const part of content) this.#part(part, out)
    // Cloudflare hands over the JSON that was asked for as it is.
    else if (isObject(content)) this.#text(JSON.stringify(content), out)
    else throw odd('content', content)
  }

  #text(text: string, out: Delta[]): void {
    const at = this.#continue('text', out)
    this.#lastText = at
    out.push({ type: 'text', ...this.#at(at), text })
    for (const citation of this.#citations.splice(0)) out.push({ type: 'citation', ...this.#at(at), citation })
  }

  /** A part of Mistral's: thoughts and references stand between the texts. */
  #part(part: Json, out: Delta[]): void {
    if (!isObject(part)) throw odd('content', part)
    if (part.type === 'thinking') this.#thought('reasoning', thinking(part.thinking), out)
    else if (isSaid(part.text)) this.#text(part.text, out)
    else if (part.type === 'image_url') this.#show(part, out)
    else if (part.type !== 'text') this.#annotate([part], out)
  }

  #refuse(text: string, out: Delta[]): void {
    this.#refused = true
    out.push({ type: 'refusal', ...this.#at(this.#continue('refusal', out)), text })
  }

  /** Some come before the text that they belong to. */
  #annotate(annotations: readonly JsonObject[], out: Delta[]): void {
    const citations = annotations.map(annotation => readCitation(annotation, this.#place.maker))
    if (citations.length > 0) this.#cited = true
    if (this.#lastText === undefined) this.#citations.push(...citations)
    else for (const citation of citations) out.push({ type: 'citation', ...this.#at(this.#lastText), citation })
  }

  #hear({ data, transcript, ...rest }: JsonObject, out: Delta[]): void {
    const kept = { ...this.#sound?.rest, ...given(rest) }
    const heard = isSaid(data) ? data : ''
    if (heard === '' && !isSaid(transcript)) {
      this.#sound = { kind: 'audio', at: this.#sound?.at ?? -1, rest: kept }
      return
    }
    const at = this.#sound && this.#sound.at >= 0 ? this.#sound.at : this.#begin('audio', out)
    this.#sound = { kind: 'audio', at, rest: kept }
    const source = { from: 'data', mediaType: this.#place.whole ? heardType(heard) : 'audio/pcm', data: heard } as const
    out.push({ type: 'media', ...this.#at(at), kind: 'audio', source, ...(isSaid(transcript) && { transcript }) })
  }

  #show(image: Json, out: Delta[]): void {
    const url = isObject(image) && isObject(image.image_url) ? image.image_url.url : undefined
    const source = typeof url === 'string' ? sourceOf(url) : undefined
    if (!source) throw odd('images', image)
    out.push({ type: 'media', ...this.#at(this.#begin('image', out)), kind: 'image', source })
  }

  #sign(signature: string, out: Delta[]): void {
    const at = this.#lastText ?? this.#continue('text', out)
    out.push({
      type: 'seal',
      ...this.#at(at),
      seal: { dialect: dialectId, maker: this.#place.maker, value: signature },
    })
  }

  /** Some repeat the reason; the first one counts. */
  #stop(raw: string, wire: JsonObject, out: Delta[]): void {
    if (this.#stopped) return
    this.#stopped = true
    const signs = { calls: this.#calls.any, refusal: this.#refused, matched: wire.stop_reason }
    const stopped = readStop(raw, signs)
    this.#finish(stopped.reason !== 'length', out)
    out.push({ type: 'stop', choice: this.#place.choice, ...stopped })
  }

  #finish(complete: boolean, out: Delta[]): void {
    this.#close(out)
    if (this.#sound && this.#sound.at >= 0) this.#seal(this.#sound, out)
    this.#calls.end(complete, out)
    const sources = this.#cited || this.#lastText === undefined ? [] : this.#sources
    for (const citation of sources) out.push({ type: 'citation', ...this.#at(this.#lastText ?? 0), citation })
  }

  #continue(kind: string, out: Delta[]): number {
    return this.#open?.kind === kind ? this.#open.at : this.#begin(kind, out)
  }

  #begin(kind: string, out: Delta[]): number {
    this.#close(out)
    this.#open = { kind, at: this.#next++, rest: {} }
    return this.#open.at
  }

  #close(out: Delta[]): void {
    if (this.#open) this.#seal(this.#open, out)
    this.#open = undefined
  }

  #seal({ at, rest }: Open, out: Delta[]): void {
    const seal = sealOf(rest, this.#place.maker)
    if (seal) out.push({ type: 'seal', ...this.#at(at), seal })
  }

  #at(at: number): { readonly at: number; readonly choice: number } {
    return { at, choice: this.#place.choice }
  }
}

const isSaid = (value: Json | undefined): value is string => typeof value === 'string' && value !== ''

/** Nulls and empty texts say nothing, and do not undo what was said before. */
const given = (rest: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null && value !== ''))

function thinking(value: Json | undefined): Detail {
  const parts = Array.isArray(value) ? value : [{ text: value ?? '' }]
  const words = parts.map(part => (isObject(part) && typeof part.text === 'string' ? part.text : '')).join('')
  return { words, summary: false, rest: {} }
}
