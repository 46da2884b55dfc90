import { Database } from 'bun:sqlite'
import { beforeEach, expect, spyOn, test } from 'bun:test'
import { emptyRecord, fullRecord } from '../../../test/contract/records.ts'
import { migrate } from './migrate.ts'
import { writerOf } from './write.ts'

let database: Database
let write: ReturnType<typeof writerOf>

beforeEach(() => {
  database = new Database(':memory:', { strict: true })
  migrate(database)
  write = writerOf(database)
})

const idsWritten = () =>
  database
    .query<{ id: string }, []>('SELECT id FROM requests ORDER BY seq')
    .all()
    .map(row => row.id)

test('a group is one commit', () => {
  const commit = spyOn(database.query('COMMIT'), 'run')
  expect(write(['a', 'b', 'c'].map(id => fullRecord({ id })))).toEqual(['written', 'written', 'written'])
  expect(commit).toHaveBeenCalledTimes(1)
  expect(idsWritten()).toEqual(['a', 'b', 'c'])
})

test('a row that the table cannot hold is refused, and the rows beside it are written', () => {
  const bad = fullRecord({ id: 'bad', totalMs: Number.NaN })
  const [first, second, third] = write([fullRecord({ id: 'a' }), bad, fullRecord({ id: 'b' })])
  expect([first, third]).toEqual(['written', 'written'])
  expect(second).toBeInstanceOf(Error)
  expect(String(second)).toContain('requests.total_ms')
  expect(idsWritten()).toEqual(['a', 'b'])
  expect(database.inTransaction).toBe(false)
})

test('when the disk is full a row that finds no room is refused, and one that does is written', () => {
  const { page_count } = database.query<{ page_count: number }, []>('PRAGMA page_count').get() ?? { page_count: 0 }
  database.run(`PRAGMA max_page_count = ${page_count + 2}`)
  const fat = fullRecord({ id: 'fat', message: 'x'.repeat(100_000) })
  const [first, second, third] = write([emptyRecord({ id: 'a' }), fat, emptyRecord({ id: 'b' })])
  expect(second).toBeInstanceOf(Error)
  expect(String(second)).toContain('the disk is full')
  expect([first, third]).toEqual(['written', 'written'])
  expect(idsWritten()).toEqual(['a', 'b'])
})
