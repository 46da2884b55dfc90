/** SHA-256 as 64 hex digits. Enough for keys of 256 random bits; passwords of people need a slow hash. */
export const sha256 = (text: string): string => Bun.SHA256.hash(text, 'hex') as string
