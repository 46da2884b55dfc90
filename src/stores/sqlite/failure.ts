import { SQLiteError } from 'bun:sqlite'
import { existsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/** Why the database cannot be used, as a sentence for the operator; SQLite's own words are the cause. */
export function failure(path: string, error: unknown): Error {
  const code = codeOf(error)
  const reason = reasons.find(([pattern]) => pattern.test(code))?.[1](path)
  return new Error(`The database ${path} cannot be used: ${reason ?? messageOf(error)}.`, { cause: error })
}

/** Another connection is writing at this moment. */
export const isLocked = (error: unknown): boolean => /^SQLITE_(BUSY|LOCKED)/.test(codeOf(error))

/** The row itself is at fault, not the place where it is written. */
export const isRowsOwn = (error: unknown): boolean => /^SQLITE_(CONSTRAINT|MISMATCH|TOOBIG)/.test(codeOf(error))

/** Codes of SQLite and of the file system; the first that fits. */
const reasons: readonly (readonly [RegExp, (path: string) => string])[] = [
  [/^SQLITE_NOTADB/, () => 'it is not a SQLite database'],
  [/^SQLITE_CORRUPT/, () => 'it is damaged. Restore a backup, or move it away to start anew'],
  [/^(SQLITE_FULL|ENOSPC)/, () => 'the disk is full'],
  [/^(SQLITE_READONLY|EACCES|EPERM|EROFS)/, path => `this user may not write it, or not in ${dirname(path)}`],
  [/^SQLITE_(BUSY|LOCKED)/, () => 'another process keeps it locked'],
  [/^(SQLITE_CANTOPEN|ENOENT|EISDIR|ENOTDIR)/, whyNotOpened],
  [/^SQLITE_IOERR/, () => 'its disk reports an error'],
]

function whyNotOpened(path: string): string {
  if (!existsSync(dirname(path))) return `the directory ${dirname(path)} does not exist. Create it first`
  if (!statSync(dirname(path)).isDirectory()) return `${dirname(path)} is not a directory`
  if (existsSync(path) && statSync(path).isDirectory()) return 'it is a directory. Name a file in it'
  return `this user may not open it, or not create it in ${dirname(path)}`
}

function codeOf(error: unknown): string {
  if (error instanceof SQLiteError) return error.code ?? ''
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
