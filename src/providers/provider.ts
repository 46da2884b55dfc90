import type { Quirks } from '../dialects/dialect.ts'

/**
 * A place that speaks a dialect. What makes it different is data. The key is read from the variable that the provider's
 * own SDK reads, so whoever used that SDK has nothing to set up.
 */
export type Provider = {
  readonly id: string
  readonly name: string
  readonly dialect: string
  /** What stands before the operation's path, without a trailing slash. */
  readonly baseUrl: string
  /** Environment variables that may hold the key, first found wins; none for servers that ask for no key. */
  readonly keyFrom: readonly string[]
  /** How it is shown the key; as is usual in its dialect if left out. */
  readonly auth?: Auth
  /** Other dialects that it speaks: a caller of one of them is answered in its own words. */
  readonly also?: readonly Tongue[]
  /** Beginnings of the names of models that are its own, so that a bare name leads here. */
  readonly serves?: readonly string[]
  readonly quirks?: Quirks
  /** The caller's headers that are handed on; all others stay here. */
  readonly passes?: readonly string[]
  /** The provider's id in the price list, where it is not ours. */
  readonly prices?: string
  /** Where the facts of this row come from. */
  readonly docs: string
}

/** A further dialect, and what stands before its paths: an address, or one relative to `baseUrl` (`../v1beta`). */
export type Tongue = { readonly dialect: string; readonly baseUrl: string }

/** How a key is shown to the provider: the headers that carry it. */
export type Auth = (key: string) => Readonly<Record<string, string>>

export const bearer: Auth = key => ({ authorization: `Bearer ${key}` })

/** The key in a header of its own. */
export const keyIn =
  (name: string): Auth =>
  key => ({ [name]: key })
