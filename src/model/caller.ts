/** Who is asking, and what they may do. */
export type Caller = {
  /** The key's id in the store; a key from the config has the id `config:<name>`. */
  readonly keyId: string
  readonly keyName: string
  readonly team: string | undefined
  /** Globs over what the caller asks for: `*`, `openai/*`, an alias. An empty list allows nothing. */
  readonly models: readonly string[]
  readonly limits: Limits
}

export type Limits = {
  /** Requests in any sixty seconds. */
  readonly rpm?: number
}
