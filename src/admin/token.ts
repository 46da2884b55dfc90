import { timingSafeEqual } from 'node:crypto'
import { sha256 } from '../lib/hash.ts'

/** Says whether a token is the one with this SHA-256, in a time that tells nothing of how much of it was right. */
export function tokenCheck(tokenHash: string): (token: string) => boolean {
  const expected = Buffer.from(tokenHash)
  // Hashes are equally long, whatever was sent, so the comparison sees all of both.
  return token => timingSafeEqual(Buffer.from(sha256(token)), expected)
}

/** The token of an `Authorization: Bearer …` header, or undefined. */
export function bearerToken(header: string | undefined): string | undefined {
  return header === undefined ? undefined : /^bearer +(\S+) *$/i.exec(header)?.[1]
}
