import { Fault } from '../model/fault.ts'

const largestPage = 1000

/** A cursor is the number of the last row shown, wrapped so that nobody is tempted to count with it. */
export const writeCursor = (seq: number): string => Buffer.from(`${seq}`).toString('base64url')

/** The number in a cursor; Infinity, above every row, where there is none. Refuses what `writeCursor` did not write. */
export function readCursor(cursor: string | undefined): number {
  if (cursor === undefined) return Infinity
  const seq = Number(Buffer.from(cursor, 'base64url').toString())
  if (Number.isSafeInteger(seq) && seq > 0 && writeCursor(seq) === cursor) return seq
  throw new Fault(
    'invalid_request',
    'The cursor is not one that a page gave out. Take `next_cursor` of the page before.',
    {
      param: 'cursor',
    },
  )
}

/** Whoever asks, a page has an end. */
export const pageSize = (limit: number): number => Math.min(Math.max(Math.trunc(limit) || 1, 1), largestPage)
