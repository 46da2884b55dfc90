import type { Dialect, Quirks } from '../../dialects/dialect.ts'
import type { Operation } from '../../model/call.ts'

/** How a provider is reached: everything about it that an attempt needs to know. */
export type Route = {
  readonly provider: string
  readonly dialect: Dialect
  readonly quirks: Quirks
  url(operation: Operation): string
  /** The headers of a call, the key among them; made when the call is made. */
  headers(request: Request, stream: boolean): Headers
  /** Whether a text shows the key, so that an echo of it never reaches a caller. */
  shows(text: string): boolean
}
