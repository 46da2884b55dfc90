import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import type { Citation } from '../../model/part.ts'
import { count, word } from '../told.ts'

/**
 * Where a reply's words come from. Gemini tells it apart from the words: a list of sources (`groundingChunks`), and supports
 * that say which bytes of the text rest on which of them; and for recited text, `citationMetadata`. The supports of one
 * stream may refer to sources of its earlier chunks.
 */
export class Grounding {
  readonly #sources: JsonObject[] = []

  /** The citations that a candidate brings, each with the block that it belongs to. */
  read(candidate: JsonObject, texts: readonly Text[]): readonly Cited[] {
    const { groundingMetadata: grounding, citationMetadata: recited } = candidate
    if (grounding === undefined && recited === undefined) return none
    if (isObject(grounding)) this.#sources.push(...listed(grounding.groundingChunks))
    const supports = isObject(grounding) ? listed(grounding.groundingSupports) : []
    return [...supports.flatMap(support => this.#supported(support, texts)), ...recitations(recited, texts)]
  }

  #supported(support: JsonObject, texts: readonly Text[]): readonly Cited[] {
    const segment = isObject(support.segment) ? support.segment : {}
    const place = placeOf(segment, texts)
    const indices = Array.isArray(support.groundingChunkIndices) ? support.groundingChunkIndices : []
    return indices.flatMap(index => {
      const source = this.#sources[count(index) ?? -1]
      return source && place ? [{ at: place.at, citation: { ...sourceOf(source), ...place.range } }] : []
    })
  }
}

/** A text that has been said, and the block that it is. */
export type Text = { readonly at: number; readonly text: string }
export type Cited = { readonly at: number; readonly citation: Citation }
const none: readonly Cited[] = []

type Range = { readonly start?: number; readonly end?: number }

const listed = (value: Json | undefined): readonly JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : [])

/** The kinds of sources: a page, a place, a document of a store, an image. */
function sourceOf(chunk: JsonObject): Citation {
  const source = Object.values(chunk).find(isObject) ?? {}
  const url = word(source.uri) ?? word(source.sourceUri)
  const quoted = word(source.text)
  const title = word(source.title)
  return {
    ...(url === undefined ? {} : { url }),
    ...(title === undefined ? {} : { title }),
    ...(quoted === undefined ? {} : { quoted }),
  }
}

/**
 * Which block a segment lies in. It says so by index and offsets in bytes, but streams and replies with other parts before
 * the text tell no index; its own words are what is reliable. Words that are not found belong to the last text as a whole.
 */
function placeOf(
  segment: JsonObject,
  texts: readonly Text[],
): { readonly at: number; readonly range: Range } | undefined {
  const words = word(segment.text)
  for (const { at, text } of texts) {
    const range = rangeOf(segment, text)
    if (range && (words === undefined || text.slice(range.start, range.end) === words)) return { at, range }
  }
  const found = words === undefined ? undefined : texts.find(({ text }) => text.includes(words))
  const start = found && words !== undefined ? found.text.indexOf(words) : -1
  if (found && words !== undefined) return { at: found.at, range: { start, end: start + words.length } }
  const last = texts.at(-1)
  return last && { at: last.at, range: {} }
}

const isSaid = (value: Json | undefined): boolean => value !== undefined && value !== null

/** Offsets in bytes, as offsets in UTF-16; undefined where the text is shorter. */
function rangeOf({ startIndex, endIndex }: JsonObject, text: string): Required<Range> | undefined {
  const bytes = Buffer.from(text)
  const start = isSaid(startIndex) ? count(startIndex) : 0
  const end = count(endIndex)
  if (start === undefined || end === undefined || start > end || end > bytes.length) return undefined
  return { start: bytes.toString('utf8', 0, start).length, end: bytes.toString('utf8', 0, end).length }
}

/** `citationSources` with Gemini, `citations` with Vertex. */
function recitations(wire: Json | undefined, texts: readonly Text[]): readonly Cited[] {
  if (!isObject(wire)) return []
  return [...listed(wire.citationSources), ...listed(wire.citations)].flatMap(source => {
    const place = placeOf(source, texts)
    return place ? [{ at: place.at, citation: { ...sourceOf({ source }), ...place.range } }] : []
  })
}

/** A text part of a reply as it is written, with its index among the parts. */
export type Spoken = { readonly index: number; readonly text: string; readonly citations: readonly Citation[] }

/** `groundingMetadata` for citations; undefined if there are none. */
export function writeGrounding(spoken: readonly Spoken[]): JsonObject | undefined {
  const chunks: JsonObject[] = []
  const supports: JsonObject[] = []
  for (const { index, text, citations } of spoken) {
    for (const citation of citations) {
      supports.push({
        segment: segmentOf(citation, text, index),
        groundingChunkIndices: [placed(chunkOf(citation), chunks)],
      })
    }
  }
  return chunks.length === 0 ? undefined : { groundingChunks: chunks, groundingSupports: supports }
}

function placed(chunk: JsonObject, chunks: JsonObject[]): number {
  const text = JSON.stringify(chunk)
  const there = chunks.findIndex(each => JSON.stringify(each) === text)
  return there === -1 ? chunks.push(chunk) - 1 : there
}

/** A page of the web, unless its words are told, or it is a file: those only a document of a store has. */
function chunkOf({ url, title, quoted, fileId }: Citation): JsonObject {
  const uri = url ?? fileId
  const source = { ...(uri === undefined ? {} : { uri }), ...(title === undefined ? {} : { title }) }
  if (quoted !== undefined) return { retrievedContext: { ...source, text: quoted } }
  return url === undefined ? { retrievedContext: source } : { web: source }
}

function segmentOf({ start, end }: Citation, text: string, index: number): JsonObject {
  const from = start ?? 0
  const words = text.slice(from, end)
  const startIndex = Buffer.byteLength(text.slice(0, from))
  return {
    ...(index > 0 ? { partIndex: index } : {}),
    ...(startIndex > 0 ? { startIndex } : {}),
    endIndex: startIndex + Buffer.byteLength(words),
    text: words,
  }
}
