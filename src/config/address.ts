export type Address = { readonly url: string } | { readonly expected: string }

/** Where the two listeners are if nothing is said. */
export const usual = { server: { host: '127.0.0.1', port: 4000 }, admin: { host: '127.0.0.1', port: 4001 } } as const

/** Without a flag: it stands in the JSON Schema, too. */
export const addressBegins = /^[hH][tT][tT][pP][sS]?:\/\/[^/?#]/

const example = 'such as http://10.0.0.5:8000/v1'

/**
 * A provider's address as requests are built on it: without a slash at the end. What would swallow or redirect the
 * path behind it is refused: a query, a fragment (even an empty one, which URL does not report), credentials.
 */
export function readAddress(written: string): Address {
  if (!addressBegins.test(written) || !URL.canParse(written)) {
    return { expected: `an http:// or https:// address ${example}` }
  }
  // URL drops tabs and line breaks and takes a backslash for a slash: what is read would not be what is meant.
  if (/[\s\\]/.test(written)) return { expected: `an address without spaces and backslashes ${example}` }
  if (/[?#]/.test(written)) return { expected: `an address without a query (?) or fragment (#) ${example}` }
  if (/^[^/]+\/\/[^/]*@/.test(written)) {
    return { expected: `an address without a user and password in it ${example}; a key belongs into \`keys\`` }
  }
  const { origin, pathname } = new URL(written)
  return { url: `${origin}${pathname}`.replace(/\/+$/, '') }
}
