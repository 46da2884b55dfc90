import type { Dialect } from './dialect.ts'

/** A request's id, under every name that a client of a dialect may look for. */
export function idHeaders(id: string, { idHeader }: Pick<Dialect, 'idHeader'>): Record<string, string> {
  const headers: Record<string, string> = { 'x-request-id': id, 'x-thalamus-request-id': id }
  if (idHeader !== undefined) headers[idHeader] = id
  return headers
}
