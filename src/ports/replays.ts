/** A whole reply as it was sent, to be sent again. */
export type Kept = {
  /** What was asked, hashed: the same name with another one is a mistake of the caller's. */
  readonly print: string
  /** The request that it answered. */
  readonly id: string
  readonly dialect: string
  readonly form: 'whole' | 'stream'
  readonly contentType: string
  readonly bytes: Uint8Array
  readonly stopReason: string | undefined
}

/** Replies that callers may have again under a name of their own. A broken one is a miss; it never refuses. */
export interface Replays {
  find(name: string): Kept | undefined | Promise<Kept | undefined>
  /** Kept for `ttlMs` at most, and for less where there is no room. */
  keep(name: string, kept: Kept, ttlMs: number): void | Promise<void>
}
