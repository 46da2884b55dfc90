/** A reply that can be asked for later by its id. Only the key that caused it may see it. */
export type KeptReply = {
  readonly id: string
  readonly keyId: string
  /** Milliseconds since 1970. */
  readonly at: number
  /** Who answered, as `provider/model`. */
  readonly maker: string
  /** What was said, where the caller asked us to keep it; undefined where only the provider has it. */
  readonly kept: Exchange | undefined
}

/** JSON texts: an array of all items that went in, those of earlier turns among them, and the reply as it was told. */
export type Exchange = { readonly input: string; readonly reply: string }

export interface Replies {
  /** Keeps a reply; one of the same key and id is replaced. */
  keep(reply: KeptReply): void
  find(id: string, keyId: string): KeptReply | undefined
  /** False if this key has no such reply. */
  drop(id: string, keyId: string): boolean
}
