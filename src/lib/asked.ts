/**
 * The path that a URL asks for, and its query with the question mark. Where a request has no host, or one that no URL can
 * have, the runtime gives the path alone (Bun 1.4.5): HTTP/1.0 knows no Host (RFC 9112, section 3.2), and health checks
 * are still written in it.
 */
export function askedIn(url: string): readonly [path: string, query: string] {
  const from = url.startsWith('/') ? 0 : url.indexOf('/', url.indexOf('://') + 3)
  const query = url.indexOf('?', from)
  return query === -1 ? [url.slice(from), ''] : [url.slice(from, query), url.slice(query)]
}

/** A URL that is whole, for whom the path alone is not enough. */
export const wholeUrl = (url: string): string => (URL.canParse(url) ? url : `http://localhost${askedIn(url).join('')}`)
