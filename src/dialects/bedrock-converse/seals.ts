/** A redacted thought differs from a signature by this beginning; signatures are base64. */
const mark = 'redacted:'

/** How the data of a redacted thought is sealed. Only the first of several pieces is marked, so they can be joined. */
export const redacted = (data: string): string => mark + data

/** The data of a redacted thought, if a sealed value is one. */
export const redactedData = (value: string): string | undefined =>
  value.startsWith(mark) ? value.slice(mark.length) : undefined
