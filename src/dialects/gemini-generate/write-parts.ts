import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import { exactly } from '../../model/numbers.ts'
import type { MediaPart, MediaSource, OpaquePart } from '../../model/part.ts'
import type { Sealed } from '../../model/sealed.ts'
import { dialectId } from './id.ts'
import { wireMedia } from './media.ts'
import { blockSignature, signatureOf, textSignature } from './seals.ts'

/** Parts of replies for this dialect's callers, whoever made them. */
const signature = (seal: Sealed | undefined): JsonObject => (seal ? { thoughtSignature: signatureOf(seal) } : {})

export const textPart = (text: string, seal?: Sealed): JsonObject => ({ text, ...signature(seal) })

export const thoughtPart = (text: string, seal?: Sealed): JsonObject => ({ text, thought: true, ...signature(seal) })

/** A signature that belongs to nothing which could be shown. */
export const signaturePart = (seal: Sealed): JsonObject => ({ text: '', ...signature(seal) })

/** A signature of the text before it. */
export const textSignaturePart = (seal: Sealed): JsonObject => ({ text: '', thoughtSignature: textSignature(seal) })

/** What was heard goes beside what is heard: the wire has no transcript of its own. */
export function mediaParts(source: MediaSource, transcript: string | undefined, seal?: Sealed): readonly JsonObject[] {
  const media = { ...replyMedia(source), ...signature(seal) }
  return transcript === undefined || transcript === '' ? [media] : [media, textPart(transcript)]
}

/** A file at another provider is an address like any other: the caller may know what to do with it. */
const replyMedia = (source: MediaPart['source']): JsonObject =>
  source.from === 'file' ? { fileData: { fileUri: source.id, ...typed(source.mediaType) } } : wireMedia({ source })

const typed = (mimeType: string | undefined): JsonObject => (mimeType === undefined ? {} : { mimeType })

/** A call's arguments; undefined if what the model wrote is no object. Free text goes under a name of ours. */
export function argsIn(input: string, custom: boolean | undefined): JsonObject | undefined {
  if (custom) return { input }
  if (input.trim() === '') return {}
  const args = parsed(input)
  // Some write null for none (Groq).
  if (args === null) return {}
  return isObject(args) ? args : undefined
}

function parsed(text: string): Json | undefined {
  try {
    return exactly(text)
  } catch {
    return undefined
  }
}

export type WireCall = { readonly id: string; readonly name: string; readonly args: JsonObject }

export const callPart = ({ id, name, args }: WireCall, seal?: Sealed): JsonObject => ({
  functionCall: { id, name, args },
  ...signature(seal),
})

/** A block of Google's as it came. Another provider's has no form here: it travels in a signature, which clients give back. */
export function blockPart({ label, seal }: Pick<OpaquePart, 'label' | 'seal'>): JsonObject {
  const own = seal.dialect === dialectId ? parsed(seal.value) : undefined
  return isObject(own) ? own : { text: '', thoughtSignature: blockSignature({ label, seal }) }
}
