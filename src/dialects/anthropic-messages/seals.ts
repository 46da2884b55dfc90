import { type Sealed, seal, unseal } from '../../model/sealed.ts'
import { dialectId } from './id.ts'

/**
 * How what is sealed travels on Anthropic's wire. Its own is a signature or the data of a redacted thought. Another's
 * goes where clients hand a text back unread: in a signature, or as a redacted thought of ours.
 */

/** A redacted thought differs from a signed one without words by this beginning; signatures are base64. */
const redactedMark = 'redacted_thinking:'

export const redacted = (data: string): string => redactedMark + data

/** The data of a redacted thought, if this is one. */
export const redactedData = (value: string): string | undefined =>
  value.startsWith(redactedMark) ? value.slice(redactedMark.length) : undefined

/**
 * The signature of a thought that its maker did not sign. Anthropic would refuse one without, so it has to be seen that
 * this one is not for it.
 */
export const nobodys: string = seal({ dialect: 'nobody', value: '' })

/** What a signature of a caller's or a provider's stands for; undefined if nobody signed. */
export const signed = (signature: string, origin: Origin): Sealed | undefined =>
  signature === '' || signature === nobodys ? undefined : origin(signature)

/** What the data of a redacted thought of ours stands for: a thought, the part before it, or a block of another dialect. */
export type Stowed =
  | { readonly of: 'thought' | 'previous'; readonly seal: Sealed }
  | { readonly of: 'block'; readonly label: string; readonly seal: Sealed }

export const stow = (sealed: Sealed): string => seal(sealed)
export const stowForPrevious = (sealed: Sealed): string => `previous:${seal(sealed)}`
export const stowBlock = (label: string, sealed: Sealed): string => `block:${label}:${seal(sealed)}`

/** Undoes them; undefined for Anthropic's own data. */
export function stowed(data: string): Stowed | undefined {
  const end = data.lastIndexOf(':')
  const sealed = unseal(data.slice(end + 1))
  if (!sealed) return undefined
  const head = data.slice(0, Math.max(end, 0))
  if (head === '') return { of: 'thought', seal: sealed }
  if (head === 'previous') return { of: 'previous', seal: sealed }
  return { of: 'block', label: head.replace(/^block:/, ''), seal: sealed }
}

/** Whose a text is that came in one of Anthropic's fields: ours if it carries a seal, the maker's otherwise. */
export type Origin = (value: string) => Sealed

/** What a provider says is its own, also if it is a relay that sealed it for another: that one opens it. */
export const madeBy =
  (maker: string): Origin =>
  value => ({ dialect: dialectId, maker, value })

/** What a caller brings may be anything that was handed to it. */
export const broughtByCaller: Origin = value => unseal(value) ?? { dialect: dialectId, value }
