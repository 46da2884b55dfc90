import type { Quirks, Wording } from '../dialects/dialect.ts'

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
  /** The same, where the environment has a say in it. */
  readonly baseUrlIn?: (env: Environment) => string
  /** Environment variables that may hold the key, first found wins; none for servers that ask for no key. */
  readonly keyFrom: readonly string[]
  /** How it is shown the key; as is usual in its dialect if left out. */
  readonly auth?: Auth
  /** How its requests are signed if there is no key to show. */
  readonly signing?: Signing
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

export type Environment = { readonly [name: string]: string | undefined }

/** Proof of who asks, made for every request anew. */
export type Signing = {
  /** Environment variables without which nothing can be signed. */
  readonly needs: readonly string[]
  /** Those that hold what no caller may see. */
  readonly secrets: readonly string[]
  /** The headers to add to a request that goes out just so. `now` is milliseconds since 1970. */
  readonly sign: (
    request: { readonly url: string; readonly body: Wording['body'] },
    env: Environment,
    now: number,
  ) => Readonly<Record<string, string>>
}

/** How a key is shown to the provider: the headers that carry it. */
export type Auth = (key: string) => Readonly<Record<string, string>>

export const bearer: Auth = key => ({ authorization: `Bearer ${key}` })

/** The key in a header of its own. */
export const keyIn =
  (name: string): Auth =>
  key => ({ [name]: key })

/** Ways to sample that open models' servers have and OpenAI's API has not. */
export const openSampling: readonly string[] = ['top_k', 'min_p', 'repetition_penalty']
