import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fakeClock } from '../../../test/fakes/clock.ts'
import { systemClock } from '../../lib/clock.ts'
import type { Kept } from '../../ports/replays.ts'
import { migrate } from './migrate.ts'
import { openSqlite } from './open.ts'
import { type ReplayOptions, sqliteReplays } from './replays.ts'

let folder: string
let path: string
const opened: Database[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'thalamus-replays-'))
  path = join(folder, 'thalamus.db')
})
afterEach(() => {
  for (const database of opened.splice(0)) database.close()
  rmSync(folder, { recursive: true })
})

function connect(): Database {
  const database = new Database(path, { create: true, readwrite: true, strict: true })
  database.run('PRAGMA journal_mode = WAL')
  migrate(database)
  opened.push(database)
  return database
}

function open(options: Partial<ReplayOptions> = {}) {
  const [reader, writer] = [connect(), connect()]
  const { replays } = sqliteReplays({ reader, writer, isClosed: () => false }, { clock: systemClock, ...options })
  const size = () => Number(reader.query('SELECT sum(length(bytes)) FROM replays').values()[0]?.[0])
  const names = () => reader.query('SELECT name FROM replays ORDER BY seq').values().flat()
  return { ...replays, size, names }
}

const kept = (bytes: number): Kept => ({
  print: 'p',
  id: 'req_1',
  dialect: 'd',
  form: 'whole',
  contentType: '',
  bytes: new Uint8Array(bytes),
  stopReason: undefined,
})

test('a reply is there for whoever opens the file anew; a longer one is not, but in this process', async () => {
  const first = open({ longest: 100 })
  await first.keep('short', kept(100), 60_000)
  await first.keep('long', kept(101), 60_000)
  expect([await first.find('short'), await first.find('long')].map(each => each?.bytes.length)).toEqual([100, 101])
  const second = open({ longest: 100 })
  expect([await second.find('short'), await second.find('long')].map(each => each?.bytes.length)).toEqual([
    100,
    undefined,
  ])
})

test('there is room for so many bytes: the oldest go first, and no more of them than has to', async () => {
  const { keep, size, names } = open({ most: 100_000 })
  for (let n = 0; n < 60; n++) await keep(`${n}`, kept(9_488), 60_000)
  expect(size()).toBeLessThanOrEqual(100_000)
  expect(names().at(-1)).toBe('59')
  expect(names()).toEqual(names().toSorted((one, other) => Number(one) - Number(other)))
})

test('the room is that of the file, whoever filled it', async () => {
  const before = open()
  for (let n = 0; n < 50; n++) await before.keep(`${n}`, kept(9_488), 60_000)
  const { keep, size } = open({ most: 100_000 })
  await keep('new', kept(9_488), 60_000)
  expect(size()).toBeLessThanOrEqual(100_000)
})

test('while another process writes, a reply waits for its turn, and the loop does not', async () => {
  const { keep, find } = open()
  const other = new Database(path, { readwrite: true })
  other.run('BEGIN IMMEDIATE')
  let over = false
  const keeping = Promise.resolve(keep('a', kept(1), 60_000)).then(() => (over = true))
  for (let turns = 0; turns < 10; turns++) await new Promise<void>(resolve => systemClock.after(1, resolve))
  expect(over).toBe(false)
  other.run('COMMIT')
  other.close()
  await keeping
  expect(await find('a')).toBeDefined()
})

test('what cannot be written is told', async () => {
  const { keep } = open()
  connect().run('DROP TABLE replays')
  const told = await Promise.resolve(keep('a', kept(1), 60_000)).then(
    () => 'kept',
    error => String(error),
  )
  expect(told).toContain('cannot be used')
})

test('whoever closes waits for what is being kept', async () => {
  const store = openSqlite(path, { clock: fakeClock(), synchronous: 'normal' })
  const keeping = store.replays.keep('a', kept(1), 60_000)
  await Promise.all([store.close(), keeping])
  const again = openSqlite(path, { clock: fakeClock(), synchronous: 'normal' })
  expect(await again.replays.find('a')).toBeDefined()
  await again.close()
})
