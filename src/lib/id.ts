const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** `req_` and 128 bits that sort by time (UUIDv7, RFC 9562 section 5.7), without dashes. */
export const requestId = (): string => `req_${Bun.randomUUIDv7('buffer').toString('hex')}`

/** A prefix and `length` characters of base 62 from the system's random source (43 characters are 256 bits). */
export function token(prefix: string, length = 43): string {
  let text = prefix
  while (text.length < prefix.length + length) {
    for (const byte of crypto.getRandomValues(new Uint8Array(64))) {
      // 248 is the largest multiple of 62 in a byte: what lies above would make some characters likelier.
      if (byte < 248 && text.length < prefix.length + length) text += alphabet[byte % 62]
    }
  }
  return text
}

/** Whether a caller's own id may stand in a header, a log and a URL's path as it is. */
export const isRequestId = (own: string): boolean => /^[\w.:=@+-]{1,128}$/.test(own)
