import type { Address, Dialect } from './dialects/dialect.ts'
import type { Signal } from './lib/leaving.ts'
import type { Diary } from './model/diary.ts'

/** A request's headers by their names, in small letters; what stands twice is joined by commas (RFC 9110, section 5.3). */
export type Given = Readonly<Record<string, string | undefined>>

/** All at once: asked one by one, each costs as much as ten of them do here. */
export const givenIn = (headers: Headers): Given => headers.toJSON()

/** A request at the door: what every room on its way is handed. */
export type Visit = {
  readonly id: string
  readonly request: Request
  readonly headers: Given
  readonly address: Address
  readonly dialect: Dialect
  /** Aborts when the caller leaves, or when the request is cut off here. */
  readonly signal: Signal
  readonly stay: { over(): Signal }
  readonly diary: Diary
  /** It came over a WebSocket. */
  readonly socket: boolean
}

/** Leave to proceed, and what is left of the caller's limits, for the reply's headers. */
export type Permit = { readonly headers: Readonly<Record<string, string>> }

/** What is asked of a provider beside the line: about a reply that it keeps. */
export type Forwarded = {
  readonly provider: string
  readonly dialect: string
  readonly method: 'GET' | 'DELETE' | 'POST'
  /** Below the path where the dialect asks for replies. */
  readonly path: string
  readonly request: Request
}

/** A request's id, under every name that a client of its dialect may look for. */
export function idHeaders(id: string, { idHeader }: Pick<Dialect, 'idHeader'>): Record<string, string> {
  const headers: Record<string, string> = { 'x-request-id': id, 'x-thalamus-request-id': id }
  if (idHeader !== undefined) headers[idHeader] = id
  return headers
}
