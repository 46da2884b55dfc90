import { isObject, type Json, type JsonObject, objectIn } from '../../model/json.ts'
import type { ReasoningPart } from '../../model/part.ts'
import { type Sealed, seal, unseal } from '../../model/sealed.ts'
import { dialectId } from './id.ts'

/**
 * One of `reasoning_details` (openrouter.ai/docs/use-cases/reasoning-tokens): words, a summary, or what is encrypted.
 * What is not words is for its maker alone, and is kept as it came.
 */
export type Detail = { readonly words: string; readonly summary: boolean; readonly rest: JsonObject }

export function detailOf(entry: JsonObject): Detail {
  const { text, summary, ...rest } = entry
  return { words: wordsIn(text) ?? wordsIn(summary) ?? '', summary: entry.type === 'reasoning.summary', rest }
}

const wordsIn = (value: Json | undefined): string | undefined => (typeof value === 'string' ? value : undefined)

/** Its maker's own, if there is anything in it that only the maker understands. */
export function sealOf(rest: JsonObject, maker?: string): Sealed | undefined {
  const { signature, data, id, format } = rest
  const keeps = [signature, data, id].some(isSaid) || (isSaid(format) && format !== 'unknown')
  return keeps ? { dialect: dialectId, ...(maker && { maker }), value: JSON.stringify(rest) } : undefined
}

const isSaid = (value: Json | undefined): boolean => typeof value === 'string' && value !== ''

/** What a caller hands back: its own provider's, or what was sealed for it here. */
export function readDetail(entry: JsonObject, at: string): ReasoningPart {
  const { words, summary, rest } = detailOf(entry)
  const opaque = wordsIn(rest.signature) ?? wordsIn(rest.data)
  const sealed = (opaque === undefined ? undefined : unseal(opaque)) ?? sealOf(rest)
  return { type: 'reasoning', text: words, summary: summary || undefined, seal: sealed, at }
}

/** Words of a thought for a caller. Pieces of one thought have the same index, by which callers join them. */
export const writeWords = (text: string, summary: boolean, index: number): JsonObject => ({
  ...worded(summary ? 'reasoning.summary' : 'reasoning.text', text),
  index,
})

/** What only its maker understands of a thought, for a caller: what another dialect sealed travels as a text. */
export function writeSeal(sealed: Sealed, thought: Pick<ReasoningPart, 'text' | 'summary'>, index: number): JsonObject {
  const own = sealed.dialect === dialectId ? nativeDetail(sealed.value, '') : undefined
  if (own) return { ...own, index }
  if (thought.text === '') return { type: 'reasoning.encrypted', data: seal(sealed), format: 'unknown', index }
  const type = thought.summary ? 'reasoning.summary' : 'reasoning.text'
  return { type, signature: seal(sealed), format: 'unknown', index }
}

export function writeDetail(part: ReasoningPart, index: number): JsonObject {
  const words = part.text === '' ? {} : writeWords(part.text, part.summary === true, index)
  return { ...words, ...(part.seal && writeSeal(part.seal, part, index)) }
}

/** The entry as its maker wrote it; undefined if the value is none. */
export function nativeDetail(value: string, text: string): JsonObject | undefined {
  const rest = objectIn(value)
  if (!rest) return undefined
  return text === '' ? rest : { ...rest, ...worded(wordsIn(rest.type) ?? 'reasoning.text', text) }
}

const worded = (type: string, text: string): JsonObject =>
  type === 'reasoning.summary' ? { type, summary: text } : { type, text }

/** Gemini's signature of a text or a call, where its own compatible API has it. */
export function signatureIn({ extra_content: extra }: JsonObject): string | undefined {
  const google = isObject(extra) ? extra.google : undefined
  const signature = isObject(google) ? google.thought_signature : undefined
  return typeof signature === 'string' && signature !== '' ? signature : undefined
}

export const withSignature = (signature: string): JsonObject => ({
  extra_content: { google: { thought_signature: signature } },
})

/** A seal of a text or a call as a caller gets it: its own provider's as it is, another's as a text. */
export const signatureFor = (sealed: Sealed): string => (sealed.dialect === dialectId ? sealed.value : seal(sealed))
