import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { sha256 } from '../../src/lib/hash.ts'
import { Fault } from '../../src/model/fault.ts'
import type { Key, KeyDesk } from '../../src/ports/keys.ts'
import { oddTexts } from './records.ts'

type Opened = { readonly keys: KeyDesk; close(): Promise<void> }

const keyOf = (changes: Partial<Key> = {}): Key => ({
  keyId: 'key_1',
  keyName: 'dev',
  team: 'core',
  models: ['openai/*', 'smart'],
  limits: { rpm: 600 },
  createdAt: 1_790_000_000_000,
  revokedAt: undefined,
  hint: 'thal_4fX…',
  ...changes,
})

const callerOf = ({ keyId, keyName, team, models, limits }: Key) => ({ keyId, keyName, team, models, limits })

/** What every key desk promises. */
export function keysContract(name: string, open: () => Promise<Opened>): void {
  describe(`the keys in ${name}`, () => {
    let store: Opened
    let keys: KeyDesk

    beforeEach(async () => {
      store = await open()
      keys = store.keys
    })
    afterEach(() => store.close())

    function refusal(add: () => void): unknown {
      try {
        add()
      } catch (error) {
        return error
      }
      return undefined
    }

    test('finds a caller by the hash of its secret, again and again', async () => {
      const key = keyOf()
      keys.add(key, sha256('one'))
      expect(await keys.find(sha256('one'))).toStrictEqual(callerOf(key))
      expect(await keys.find(sha256('one'))).toStrictEqual(callerOf(key))
    })

    test('keeps callers apart', async () => {
      keys.add(keyOf(), sha256('one'))
      keys.add(keyOf({ keyId: 'key_2', keyName: 'ci', team: undefined, models: [], limits: {} }), sha256('two'))
      expect((await keys.find(sha256('one')))?.keyId).toBe('key_1')
      expect(await keys.find(sha256('two'))).toStrictEqual({
        keyId: 'key_2',
        keyName: 'ci',
        team: undefined,
        models: [],
        limits: {},
      })
    })

    test('finds nobody by a hash it does not know, a part of one, or a pattern', async () => {
      const hash = sha256('one')
      keys.add(keyOf(), hash)
      const guesses = [
        sha256('two'),
        '',
        hash.slice(0, 20),
        `${hash.slice(0, 63)}x`,
        hash.toUpperCase(),
        '%',
        "' OR 1=1 --",
      ]
      for (const guess of guesses) expect(await keys.find(guess)).toBeUndefined()
    })

    test('finds nobody by any other text than the hash', async () => {
      keys.add(keyOf(), sha256('one'))
      await fc.assert(
        fc.asyncProperty(fc.oneof(fc.string(), fc.string({ unit: 'binary' })), async guess => {
          expect(await keys.find(guess)).toBeUndefined()
        }),
      )
    })

    test('finds a key that was not there when it was first asked for', async () => {
      expect(await keys.find(sha256('one'))).toBeUndefined()
      keys.add(keyOf(), sha256('one'))
      expect((await keys.find(sha256('one')))?.keyName).toBe('dev')
    })

    test('finds nobody from the moment a key is revoked, by id or by name', async () => {
      keys.add(keyOf(), sha256('one'))
      keys.add(keyOf({ keyId: 'key_2', keyName: 'ci' }), sha256('two'))
      await keys.find(sha256('one'))
      await keys.find(sha256('two'))
      expect(keys.revoke('key_1', 7)).toBe(true)
      expect(await keys.find(sha256('one'))).toBeUndefined()
      expect((await keys.find(sha256('two')))?.keyName).toBe('ci')
      expect(keys.revoke('ci', 8)).toBe(true)
      expect(await keys.find(sha256('two'))).toBeUndefined()
    })

    test('revokes once, and nothing that is not there', () => {
      keys.add(keyOf(), sha256('one'))
      expect(keys.revoke('nobody', 7)).toBe(false)
      expect(keys.revoke('%', 7)).toBe(false)
      expect(keys.revoke('key_1', 7)).toBe(true)
      expect(keys.revoke('key_1', 9)).toBe(false)
      expect(keys.revoke('dev', 9)).toBe(false)
      expect(keys.list().map(key => key.revokedAt)).toEqual([7])
    })

    test('revokes the key of that id before one that is named so', () => {
      keys.add(keyOf({ keyId: 'key_2', keyName: 'key_1' }), sha256('two'))
      keys.add(keyOf(), sha256('one'))
      keys.revoke('key_1', 7)
      expect(keys.list().map(key => [key.keyId, key.revokedAt])).toEqual([
        ['key_2', undefined],
        ['key_1', 7],
      ])
    })

    test('refuses a name in use, and leaves everything as it was', async () => {
      keys.add(keyOf(), sha256('one'))
      const refused = refusal(() => keys.add(keyOf({ keyId: 'key_2' }), sha256('two')))
      expect(refused).toBeInstanceOf(Fault)
      expect(refused).toMatchObject({ code: 'invalid_request', param: 'name' })
      expect(keys.list()).toStrictEqual([keyOf()])
      expect(await keys.find(sha256('two'))).toBeUndefined()
    })

    test('gives the name of a revoked key to a new one', async () => {
      keys.add(keyOf(), sha256('one'))
      keys.revoke('dev', 7)
      keys.add(keyOf({ keyId: 'key_2' }), sha256('two'))
      expect((await keys.find(sha256('two')))?.keyId).toBe('key_2')
      expect(await keys.find(sha256('one'))).toBeUndefined()
    })

    test.each([
      ['id', 'key_1', 'three'],
      ['secret', 'key_3', 'one'],
    ])('refuses the %s of another key, a revoked one included', (_, keyId, secret) => {
      keys.add(keyOf(), sha256('one'))
      keys.revoke('dev', 7)
      const refused = refusal(() => keys.add(keyOf({ keyId, keyName: 'new' }), sha256(secret)))
      expect(refused).toMatchObject({ name: 'Fault', code: 'invalid_request' })
      expect(keys.list()).toHaveLength(1)
    })

    test('lists every key in the order of making, revoked ones too', () => {
      const first = keyOf({ keyId: 'key_9', keyName: 'z' })
      const second = keyOf({ keyId: 'key_1', keyName: 'a', team: undefined, limits: {}, models: [] })
      expect(keys.list()).toStrictEqual([])
      keys.add(first, sha256('one'))
      keys.add(second, sha256('two'))
      keys.revoke('z', 12)
      expect(keys.list()).toStrictEqual([{ ...first, revokedAt: 12 }, second])
    })

    test('keeps odd names, teams and models to the letter', async () => {
      oddTexts.forEach((text, index) => {
        keys.add(
          keyOf({ keyId: `key_${index}`, keyName: text, team: text, models: [text], hint: text }),
          sha256(`${index}`),
        )
      })
      for (const [index, text] of oddTexts.entries()) {
        expect(await keys.find(sha256(`${index}`))).toMatchObject({ keyName: text, team: text, models: [text] })
      }
      expect(keys.list().map(key => key.hint)).toEqual([...oddTexts])
      for (const text of oddTexts) expect(keys.revoke(text, 7)).toBe(true)
    })
  })
}
