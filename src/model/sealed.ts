/**
 * Something that only its maker understands: a signature of thoughts, encrypted reasoning, a block of a provider's own tool.
 * It is carried as it came and handed back only to the dialect that made it, and to the model, where one is named.
 */
export type Sealed = {
  /** The dialect in whose words `value` is written. */
  readonly dialect: string
  /** The target that made it (`provider/model`); undefined if the caller brought it in its own dialect. */
  readonly maker?: string | undefined
  /** Opaque text: a signature as it came, or a JSON text. */
  readonly value: string
}

/** How a sealed thing travels through a caller's dialect that has only a text for it: signatures, encrypted content. */
const mark = 'thal1.'

/** One text of letters, digits, `-`, `_` and dots that `unseal` undoes. */
export const seal = ({ dialect, maker, value }: Sealed): string =>
  mark + [dialect, maker ?? '', value].map(part => Buffer.from(part).toString('base64url')).join('.')

/** What a text carries; a text of another's making is `undefined`. */
export function unseal(text: string): Sealed | undefined {
  if (!text.startsWith(mark)) return undefined
  const parts = text.slice(mark.length).split('.')
  if (parts.length !== 3) return undefined
  const [dialect = '', maker = '', value = ''] = parts.map(part => Buffer.from(part, 'base64url').toString())
  return { dialect, ...(maker === '' ? {} : { maker }), value }
}

/** The mark as it looks where a dialect carries the sealed text in base64, because it has bytes in its place (Gemini). */
const markInBase64 = Buffer.from(mark).toString('base64')

const marks = { plain: Buffer.from(mark), inBase64: Buffer.from(markInBase64) }

const holds = (bytes: Uint8Array, part: Buffer): boolean => Buffer.prototype.includes.call(bytes, part)

/** Whether a text holds something that was sealed here. Looked for in its bytes: in a string it takes three times as long. */
export function holdsSealed(text: string | Uint8Array): boolean {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text
  return holds(bytes, marks.plain) || holds(bytes, marks.inBase64)
}

/** The sealed value, if this target made it or its dialect's caller brought it; undefined if it is another's. */
export const opened = (sealed: Sealed | undefined, dialect: string, maker: string): string | undefined =>
  sealed?.dialect === dialect && (sealed.maker === undefined || sealed.maker === maker) ? sealed.value : undefined

/** The model's name, of a maker. */
export const modelOf = (maker: string): string => maker.slice(maker.indexOf('/') + 1)
