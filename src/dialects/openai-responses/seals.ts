import { isObject, type Json, type JsonObject, objectIn } from '../../model/json.ts'
import { opened, type Sealed, seal, unseal } from '../../model/sealed.ts'
import { dialectId } from './id.ts'

/**
 * Opaque state on this wire. What OpenAI sealed is kept as JSON of the fields that it stood in: encrypted reasoning is
 * checked against its item's id, so the two stay together. What others sealed has one place that every client hands back,
 * `encrypted_content` of a reasoning item: a seal of thoughts without words stands there as it is, any other in an envelope
 * that says what it belongs to. Of thoughts the envelope holds the words too: a signature is of them, and clients hand back
 * no texts but summaries. An envelope is sealed in our own dialect's name, which a foreign seal never is.
 */
export const ownSeal = (fields: JsonObject, maker?: string): Sealed => ({
  dialect: dialectId,
  ...(maker === undefined ? {} : { maker }),
  value: JSON.stringify(fields),
})

/** The fields that this dialect sealed, if this target made them or the caller brought them; undefined if another did. */
export function ownFields(sealed: Sealed | undefined, maker: string): JsonObject | undefined {
  const value = opened(sealed, dialectId, maker)
  return value === undefined ? undefined : objectIn(value)
}

/**
 * The texts of a reasoning item: its thoughts in full or in summary, and of the other kind what its seal kept. `summary`
 * has to be there even if it is empty.
 */
export function thoughtTexts(text: string, inSummary: boolean, own: JsonObject = {}): JsonObject {
  const told = text === '' ? [] : [text]
  const summary = inSummary ? told : listIn(own.summary)
  const content = inSummary ? listIn(own.content) : told
  return {
    summary: summary.map(each => ({ type: 'summary_text', text: each })),
    ...(content.length > 0 ? { content: content.map(each => ({ type: 'reasoning_text', text: each })) } : {}),
  }
}

const listIn = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : [])

/** What an envelope's seal belongs to. `id` is the call's, or the item's; `label` the name of a block without a noun. */
export type Envelope = {
  readonly of: 'reasoning' | 'text' | 'tool-call' | 'media' | 'opaque'
  readonly id?: string | undefined
  readonly label?: string | undefined
  readonly text?: string | undefined
  readonly seal?: Sealed | undefined
}

export const closed = (envelope: Envelope): string => seal({ dialect: dialectId, value: JSON.stringify(envelope) })

/** What a reasoning item's encrypted content holds: an envelope, or a seal of its own thoughts; undefined if it is OpenAI's. */
export function enclosed(encrypted: string | undefined): Envelope | Sealed | undefined {
  const sealed = encrypted === undefined ? undefined : unseal(encrypted)
  return sealed?.dialect === dialectId ? envelopeIn(sealed.value) : sealed
}

const kinds: readonly Json[] = ['reasoning', 'text', 'tool-call', 'media', 'opaque'] satisfies Envelope['of'][]

/** A text that says it is an envelope and is none was made by somebody else: it holds no more than a thought of nobody's. */
function envelopeIn(value: string): Envelope {
  const { of, id, label, text, seal } = objectIn(value) ?? {}
  if (!kinds.includes(of ?? null)) return { of: 'reasoning' }
  return { of: of as Envelope['of'], id: textIn(id), label: textIn(label), text: textIn(text), seal: sealedIn(seal) }
}

function sealedIn(json: Json | undefined): Sealed | undefined {
  if (!isObject(json) || typeof json.dialect !== 'string' || typeof json.value !== 'string') return undefined
  const maker = textIn(json.maker)
  return { dialect: json.dialect, ...(maker === undefined ? {} : { maker }), value: json.value }
}

const textIn = (value: Json | undefined): string | undefined => (typeof value === 'string' ? value : undefined)
