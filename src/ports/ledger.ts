import type { Record } from '../model/record.ts'

/** Writes what happened. Durable when the promise resolves: the row survives a SIGKILL from then on. */
export interface Ledger {
  /** Appending the same id twice writes one row: the first. Rejects only when the store cannot be written. */
  append(record: Record): Promise<void>
  /** Whether a request of this id is already known. */
  has(id: string): boolean | Promise<boolean>
}

export type Page = { readonly records: readonly Record[]; readonly next: string | undefined }
export type PageOptions = { readonly limit: number; readonly cursor?: string | undefined }

/** Reads what happened, for people. Never on a request's own way. */
export interface LedgerReader {
  find(id: string): Promise<Record | undefined>
  /** Newest first. `cursor` is a former page's `next`; a malformed one is a Fault (`invalid_request`). */
  page(options: PageOptions): Promise<Page>
}
