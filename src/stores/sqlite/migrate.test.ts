import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrate } from './migrate.ts'

const read = (database: Database) => database.query('SELECT name, sql FROM sqlite_schema ORDER BY name').all()

test('taking the steps twice changes nothing', () => {
  const database = new Database(':memory:')
  migrate(database)
  const once = read(database)
  migrate(database)
  expect(read(database)).toEqual(once)
  expect(once.length).toBeGreaterThan(3)
})

test('a missing step waits for whoever is writing, and a database without one does not', () => {
  const folder = mkdtempSync(join(tmpdir(), 'thalamus-migrate-'))
  const path = join(folder, 'thalamus.db')
  const writer = new Database(path)
  const other = new Database(path)
  writer.run('PRAGMA journal_mode = WAL')
  writer.run('BEGIN IMMEDIATE')
  expect(() => migrate(other)).toThrow('locked')
  writer.run('COMMIT')
  migrate(other)
  writer.run('BEGIN IMMEDIATE')
  migrate(other)
  writer.close()
  other.close()
  rmSync(folder, { recursive: true })
})

test('a file of the version before is taken along, and that version goes on writing to it', () => {
  const database = new Database(':memory:')
  migrate(database)
  for (const column of ['try_key', 'happened']) database.run(`ALTER TABLE requests DROP COLUMN ${column}`)
  database.run('DROP TABLE replies')
  database.run('DROP TABLE replays')
  database.run('DROP TABLE reply_items')
  database.run('PRAGMA user_version = 1')
  const columns = 'id, at, operation, dialect, stream, status, code, bytes_in, bytes_out, total_ms, overhead_ms'
  const before = `INSERT INTO requests (${columns}) VALUES (?, 1, 'chat', 'openai-chat', 0, 200, 'ok', 1, 1, 1, 1)`
  database.run(before, ['req_old'])
  migrate(database)
  database.run(before, ['req_new'])
  expect(database.query('SELECT id, try_key, happened FROM requests ORDER BY seq').values()).toEqual([
    ['req_old', null, null],
    ['req_new', null, null],
  ])
})
