import { expect, test } from 'bun:test'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { failure, isLocked, isRowsOwn } from './failure.ts'

const path = join(tmpdir(), 'thalamus.db')
const coded = (code: string) => Object.assign(new Error('their words'), { code })

test.each([
  ['SQLITE_NOTADB', 'not a SQLite database'],
  ['SQLITE_CORRUPT_INDEX', 'damaged'],
  ['SQLITE_FULL', 'the disk is full'],
  ['ENOSPC', 'the disk is full'],
  ['SQLITE_READONLY_DIRECTORY', `may not write it, or not in ${tmpdir()}`],
  ['EACCES', 'may not write it'],
  ['EROFS', 'may not write it'],
  ['SQLITE_BUSY', 'another process keeps it locked'],
  ['SQLITE_CANTOPEN', 'may not open it'],
  ['SQLITE_IOERR_FSYNC', 'its disk reports an error'],
  ['SQLITE_ELSE', 'their words'],
])('%s is told as "%s", with the cause kept', (code, words) => {
  const error = coded(code)
  const told = failure(path, error)
  expect(told.message).toStartWith(`The database ${path} cannot be used: `)
  expect(told.message).toContain(words)
  expect(told.cause).toBe(error)
})

test('a lock and a row at fault are told apart from all else', () => {
  const codes = ['SQLITE_BUSY_SNAPSHOT', 'SQLITE_LOCKED', 'SQLITE_CONSTRAINT_NOTNULL', 'SQLITE_FULL']
  expect(codes.map(code => isLocked(coded(code)))).toEqual([true, true, false, false])
  expect(codes.map(code => isRowsOwn(coded(code)))).toEqual([false, false, true, false])
})
