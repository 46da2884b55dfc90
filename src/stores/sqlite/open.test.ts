import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fullRecord } from '../../../test/contract/records.ts'
import { fakeClock } from '../../../test/fakes/clock.ts'
import { type Clock, systemClock } from '../../lib/clock.ts'
import { sha256 } from '../../lib/hash.ts'
import type { Store } from '../store.ts'
import { openSqlite } from './open.ts'

let folder: string
let path: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'thalamus-sqlite-'))
  path = join(folder, 'thalamus.db')
})
afterEach(() => rmSync(folder, { recursive: true }))

const open = (clock: Clock = systemClock, at = path): Store => openSqlite(at, { clock, synchronous: 'normal' })

function refusal(at = path): string {
  try {
    open(systemClock, at)
  } catch (error) {
    return error instanceof Error ? error.message : 'not an Error'
  }
  return 'opened'
}

function change(...statements: string[]): void {
  const database = new Database(path, { create: true, readwrite: true })
  for (const statement of statements) database.run(statement)
  database.close(true)
}

const key = { keyId: 'key_1', keyName: 'dev', team: undefined, models: ['*'], limits: {}, hint: 'thal_' }

async function makeOne(): Promise<void> {
  const store = open()
  store.keys.add({ ...key, createdAt: 1, revokedAt: undefined }, sha256('one'))
  store.settings.set('admin', 'hash')
  await store.ledger.append(fullRecord())
  await store.close()
}

test('a new database and its log are for its owner alone', async () => {
  const store = open()
  await store.ledger.append(fullRecord())
  for (const name of ['', '-wal', '-shm']) expect(statSync(path + name).mode & 0o777).toBe(0o600)
  await store.close()
})

test('everything is there again after closing and opening', async () => {
  await makeOne()
  const store = open()
  expect((await store.keys.find(sha256('one')))?.keyName).toBe('dev')
  expect(store.settings.get('admin')).toBe('hash')
  expect(await store.ledger.find('req_full')).toStrictEqual(fullRecord())
  await store.close()
})

test('closing writes what was asked for, leaves one whole file, and may be done twice', async () => {
  const store = open()
  const rows = ['a', 'b', 'c'].map(id => store.ledger.append(fullRecord({ id })))
  await Promise.all([store.close(), store.close()])
  await Promise.all(rows)
  expect(existsSync(`${path}-wal`)).toBe(false)
  const again = open()
  expect((await again.ledger.page({ limit: 9 })).records).toHaveLength(3)
  await again.close()
})

test('a missing directory is named', () => {
  const missing = join(folder, 'no', 'such', 'thalamus.db')
  expect(refusal(missing)).toBe(
    `The database ${missing} cannot be used: the directory ${join(folder, 'no', 'such')} does not exist. Create it first.`,
  )
})

test('a directory in place of the file is named', () => {
  expect(refusal(folder)).toContain('it is a directory')
  writeFileSync(path, '')
  expect(refusal(join(path, 'thalamus.db'))).toContain(`${path} is not a directory`)
})

test('a file that is no database is refused and left as it was', async () => {
  const text = 'server: {port: 4000}\n'.repeat(100)
  writeFileSync(path, text)
  expect(refusal()).toContain('it is not a SQLite database')
  expect(await Bun.file(path).text()).toBe(text)
})

test('the database of another program is refused and keeps its tables', () => {
  change('CREATE TABLE theirs (a)')
  expect(refusal()).toContain('another program')
  change('INSERT INTO theirs VALUES (1)')
})

test('a database of a newer version is refused, naming both versions', async () => {
  await makeOne()
  change('PRAGMA user_version = 99')
  expect(refusal()).toMatch(/a newer Thalamus \(its schema is 99, this version knows up to \d+\)/)
})

test('a damaged database is refused as such', async () => {
  await makeOne()
  const bytes = await Bun.file(path).bytes()
  writeFileSync(path, bytes.fill(0x5a, 100, 4096))
  expect(refusal()).toContain('it is damaged')
})

test('a full disk is told as such', () => {
  expect(refusal('/dev/full')).toContain('the disk is full')
})

test('memory is not a file', () => {
  expect(refusal(':memory:')).toContain('memory')
  expect(existsSync(':memory:')).toBe(false)
})

test.each([1, 2])(
  '%p rows that find the lock taken wait without stopping the loop, and are written after',
  async many => {
    const store = open()
    const other = new Database(path, { readwrite: true })
    other.run('BEGIN IMMEDIATE')
    const rows = Promise.all(['a', 'b'].slice(0, many).map(id => store.ledger.append(fullRecord({ id }))))
    let turns = 0
    while (turns < 20) await new Promise<void>(resolve => systemClock.after(1, () => resolve(void turns++)))
    expect(await store.ledger.has('a')).toBe(false)
    other.run('COMMIT')
    await rows
    expect(await store.ledger.has('a')).toBe(true)
    other.close()
    await store.close()
  },
)

test('a key is not asked of the database again within a second, and is after', async () => {
  const clock = fakeClock()
  const store = open(clock)
  store.keys.add({ ...key, createdAt: 1, revokedAt: undefined }, sha256('one'))
  const team = async () => (await store.keys.find(sha256('one')))?.team
  expect(await team()).toBeUndefined()
  change(`UPDATE keys SET team = 'core'`)
  clock.advance(999)
  expect(await team()).toBeUndefined()
  clock.advance(1)
  expect(await team()).toBe('core')
  await store.close()
})

test('the log is carried into the database again and again while rows are written, and is gone after closing', async () => {
  const store = open()
  const deadline = systemClock.now() + 10_000
  let rows = 0
  async function writeUntilLarger(bytes: number): Promise<void> {
    while (statSync(path).size < bytes) {
      if (systemClock.now() > deadline) throw new Error('no checkpoint in ten seconds')
      await store.ledger.append(fullRecord({ id: `req_${rows++}` }))
    }
  }
  await writeUntilLarger(50_000)
  // More than all that could have been carried over by the first time.
  await writeUntilLarger(rows * 2000)
  await store.close()
  expect(existsSync(`${path}-wal`)).toBe(false)
})
