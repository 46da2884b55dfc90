import { expect, test } from 'bun:test'
import { sha256 } from '../lib/hash.ts'
import { openMemory } from '../stores/memory/open.ts'
import { configOf } from './sample.test-data.ts'
import { besideSeeds, seedsOf, withSeeds } from './seeds.ts'

const stored = { keyId: 'key_9', keyName: 'stored', team: undefined, models: ['*'], limits: {} }
const env = { DEV_KEY: 'dev-secret', OPS_KEY: 'ops-secret' }
const config = configOf(
  {
    keys: [
      { name: 'dev', secret: 'env:DEV_KEY', team: 'core', models: ['openai/*'], rpm: 60 },
      { name: 'ops', secret: 'env:OPS_KEY' },
    ],
  },
  env,
)
const asked: string[] = []
const keys = withSeeds(config, {
  find: hash => {
    asked.push(hash)
    return hash === sha256('stored-secret') ? stored : undefined
  },
})

test('a key of the config is found by its hash, with what the config says of it, and the store is not asked', () => {
  expect(keys.find(sha256('dev-secret'))).toEqual({
    keyId: 'config:dev',
    keyName: 'dev',
    team: 'core',
    models: ['openai/*'],
    limits: { rpm: 60 },
  })
  expect(keys.find(sha256('ops-secret'))).toMatchObject({
    keyId: 'config:ops',
    team: undefined,
    models: ['*'],
    limits: {},
  })
  expect(asked).toEqual([])
})

test('any other key is the store’s to find', () => {
  expect(keys.find(sha256('stored-secret'))).toBe(stored)
  expect(keys.find('dev-secret')).toBeUndefined()
})

test('the store’s desk gives away no name of the file’s and revokes none; a key of its own goes by its id', () => {
  const { keys: own } = openMemory()
  const key = { ...stored, createdAt: 1, revokedAt: undefined, hint: 'thal_…' }
  own.add({ ...key, keyName: 'ops' }, 'hash')
  const desk = besideSeeds(() => seedsOf(config), own)
  expect(() => desk.add({ ...key, keyId: 'key_8', keyName: 'dev' }, 'other')).toThrow('choose another name')
  for (const name of ['ops', 'dev', 'config:dev']) expect(() => desk.revoke(name, 2)).toThrow('take it out there')
  expect(desk.list().map(({ revokedAt }) => revokedAt)).toEqual([undefined])
  expect([desk.revoke('key_9', 3), desk.revoke('nobody', 3)]).toEqual([true, false])
  expect(desk.list().map(({ revokedAt }) => revokedAt)).toEqual([3])
})
