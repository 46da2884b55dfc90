import type { Address, Dialect } from './dialects/dialect.ts'
import type { Diary } from './model/diary.ts'

/** A request at the door: what every room on its way is handed. */
export type Visit = {
  readonly id: string
  readonly request: Request
  readonly address: Address
  readonly dialect: Dialect
  /** Aborts when the caller leaves. */
  readonly signal: AbortSignal
  readonly diary: Diary
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
