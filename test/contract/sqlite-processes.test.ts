import { afterEach, beforeEach, expect, test } from 'bun:test'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../src/lib/clock.ts'
import { sha256 } from '../../src/lib/hash.ts'
import { openSqlite } from '../../src/stores/sqlite/open.ts'
import { fakeClock } from '../fakes/clock.ts'

/** What a database file promises to more than one process. */
const here = import.meta.dir
let folder: string
let path: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'thalamus-processes-'))
  path = join(folder, 'thalamus.db')
})
afterEach(() => rmSync(folder, { recursive: true }))

async function run(script: string, ...rest: string[]) {
  const child = Bun.spawn([join(here, '../../bin/runtime'), join(here, 'processes', script), path, ...rest], {
    stdout: 'pipe',
    stderr: 'inherit',
  })
  const said = await child.stdout.text()
  await child.exited
  return { exitCode: child.exitCode, signalCode: child.signalCode, said }
}

test.each([1, 50])('%p rows survive a SIGKILL the moment after append resolved', async rows => {
  const child = await run('append-and-die.ts', `${rows}`)
  expect(child.signalCode).toBe('SIGKILL')
  const store = openSqlite(path, { clock: systemClock, synchronous: 'normal' })
  const { records } = await store.ledger.page({ limit: 1000 })
  expect(records.map(record => record.id).toSorted()).toEqual(
    Array.from({ length: rows }, (_, index) => `req_${index}`).toSorted(),
  )
  await store.close()
})

test('a key revoked by another process is refused within two seconds', async () => {
  const clock = fakeClock()
  const store = openSqlite(path, { clock, synchronous: 'normal' })
  const key = { keyId: 'key_1', keyName: 'dev', team: undefined, models: ['*'], limits: {} }
  store.keys.add({ ...key, createdAt: 1, revokedAt: undefined, hint: 'thal_' }, sha256('one'))
  expect(await store.keys.find(sha256('one'))).toStrictEqual(key)
  expect((await run('revoke.ts', 'dev')).exitCode).toBe(0)
  clock.advance(2000)
  expect(await store.keys.find(sha256('one'))).toBeUndefined()
  expect(store.keys.list().map(each => each.revokedAt)).toEqual([7])
  await store.close()
})

test('six processes that start together on a new file all open it', async () => {
  const children = await Promise.all(Array.from({ length: 6 }, () => run('revoke.ts', 'nobody')))
  expect(children.map(child => child.exitCode)).toEqual([1, 1, 1, 1, 1, 1])
})

test('a process that closes nothing ends all the same, and has lost nothing', async () => {
  const child = await run('leave-open.ts')
  expect(child.exitCode).toBe(0)
  const store = openSqlite(path, { clock: systemClock, synchronous: 'normal' })
  expect((await store.ledger.page({ limit: 1000 })).records).toHaveLength(700)
  await store.close()
})

test('a database that this user may read but not write is refused at opening', async () => {
  await openSqlite(path, { clock: systemClock, synchronous: 'normal' }).close()
  chmodSync(folder, 0o777)
  chmodSync(path, 0o444)
  expect((await run('open-as-nobody.ts')).said).toContain('this user may not write it')
})

test('a directory in which this user may create nothing is refused at opening', async () => {
  chmodSync(folder, 0o555)
  expect((await run('open-as-nobody.ts')).said).toContain(`not in ${folder}`)
  chmodSync(folder, 0o755)
})
