/** The address of a listener as a URL: IPv6 stands in brackets (RFC 3986, section 3.2.2). */
export const listeningAt = (scheme: 'http' | 'https', host: string, port: number | undefined): string =>
  `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`
