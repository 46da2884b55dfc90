import type { OpaquePart } from '../../model/part.ts'
import { type Sealed, seal, unseal } from '../../model/sealed.ts'
import { dialectId } from './id.ts'

/**
 * Thought signatures. They are bytes on this wire, and clients in typed languages decode them: so what was sealed for another
 * dialect travels in base64, not as the text that it is.
 */
const wrap = (text: string): string => Buffer.from(text).toString('base64')

/** What a caller's signature carries: something that was sealed here, or Gemini's own. */
export const sealedIn = (signature: string): Sealed =>
  unseal(signature) ?? unseal(Buffer.from(signature, 'base64').toString()) ?? { dialect: dialectId, value: signature }

/** The signature for a caller: Gemini's own as it is. */
export const signatureOf = (sealed: Sealed): string =>
  sealed.dialect === dialectId ? sealed.value : wrap(seal(sealed))

/** Marks a signature that another dialect gave to the text before it, not to a thought without words. */
const text = 'text'

/** The signature of a text that was told before it. */
export const textSignature = (sealed: Sealed): string =>
  sealed.dialect === dialectId ? sealed.value : wrap(seal({ dialect: text, value: seal(sealed) }))

/** What was sealed to the text before, if a signature carries that. */
export const textSealIn = ({ dialect, value }: Sealed): Sealed | undefined =>
  dialect === text ? unseal(value) : undefined

/** Marks a signature that carries another dialect's block with its label, not a signature of thoughts. */
const block = 'opaque'

/** The signature that carries a block which has no form on this wire. */
export const blockSignature = ({ label, seal: inner }: Pick<OpaquePart, 'label' | 'seal'>): string =>
  wrap(seal({ dialect: block, maker: label, value: seal(inner) }))

/** The block that a signature carries, if it carries one. */
export function blockIn({ dialect, maker, value }: Sealed): Pick<OpaquePart, 'label' | 'seal'> | undefined {
  const inner = dialect === block ? unseal(value) : undefined
  return inner && { label: maker ?? '', seal: inner }
}
