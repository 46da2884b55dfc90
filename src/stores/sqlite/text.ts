/**
 * SQLite keeps text as UTF-8, which has no room for half a surrogate pair, and callers do send those. Text that is not
 * well-formed is therefore kept as a blob of its UTF-16 code units: the column's type says which of the two it is.
 */
export type Text = string | Uint8Array

export const toText = (text: string): Text => (text.isWellFormed() ? text : Buffer.from(text, 'utf16le'))

export const fromText = (text: Text): string =>
  typeof text === 'string' ? text : Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString('utf16le')

/** "Not known" is NULL in the database and `undefined` in the house. */
export const toMaybe = (text: string | undefined): Text | null => (text === undefined ? null : toText(text))

export const fromMaybe = (text: Text | null): string | undefined => (text === null ? undefined : fromText(text))
