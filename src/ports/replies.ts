/** A reply that can be asked for later by its id. Only the key that caused it may see it. */
export type KeptReply = {
  readonly id: string
  readonly keyId: string
  /** Milliseconds since 1970. */
  readonly at: number
  /** Who answered, as `provider/model`. */
  readonly maker: string
  /** What was said; undefined where only the provider has it. */
  readonly kept: Exchange | undefined
  /** Its caller asked for it to be kept. Else it is remembered for a while, in memory alone. */
  readonly lasting: boolean
}

export type Exchange = {
  /** JSON text of all items that went in, those of earlier turns among them. */
  readonly input: string
  /** JSON text of the reply as it was told. */
  readonly reply: string
  /** The ids of the reply's own items. */
  readonly items: readonly string[]
}

export interface Replies {
  /** Keeps a reply; one of the same key and id is replaced. */
  keep(reply: KeptReply): void
  find(id: string, keyId: string): KeptReply | undefined
  /** The reply in which an item of this id was said. */
  findItem(item: string, keyId: string): KeptReply | undefined
  /** False if this key has no such reply. */
  drop(id: string, keyId: string): boolean
}
