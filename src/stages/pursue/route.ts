import type { Asking, ProviderDialect, Quirks, Wording } from '../../dialects/dialect.ts'
import type { Given } from '../../line.ts'

/** How a provider is reached: everything about it that an attempt needs to know. */
export type Route = {
  readonly provider: string
  readonly dialect: ProviderDialect
  readonly quirks: Quirks
  /** Bills for what nobody waits for any more, so it is heard to its end for the usage. */
  readonly drains?: boolean
  url(asking: Asking): string
  /**
   * The headers of a call, the key among them; made when the call is made. Where calls are signed it takes the call itself,
   * as it will go out.
   */
  headers(given: Given, stream: boolean, call?: { readonly url: string; readonly body: Wording['body'] }): Headers
  /** Whether a text shows the key, or what calls are signed with, so that an echo of it never reaches a caller. */
  shows(text: string): boolean
}
