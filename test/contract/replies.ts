import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import type { KeptReply } from '../../src/ports/replies.ts'
import type { Store } from '../../src/stores/store.ts'

const reply = (more: Partial<KeptReply> = {}): KeptReply => ({
  id: 'resp_1',
  keyId: 'key_1',
  at: 1_800_000_000_000,
  maker: 'acme/large',
  kept: { input: '[{"type":"message"}]', reply: '{"id":"resp_1","text":"für \\u0000 🦜"}', items: ['rs_2', 'msg_1'] },
  lasting: true,
  ...more,
})

/** What every keeper of replies does. */
export function repliesContract(name: string, open: () => Promise<Store>): void {
  describe(`${name}: a kept reply`, () => {
    let store: Store
    beforeEach(async () => {
      store = await open()
    })
    afterEach(() => store.close())

    test('is found as it was kept, with or without what was said', () => {
      const bare = reply({ id: 'resp_2', kept: undefined })
      store.replies.keep(reply())
      store.replies.keep(bare)
      expect(store.replies.find('resp_1', 'key_1')).toEqual(reply())
      expect(store.replies.find('resp_2', 'key_1')).toEqual(bare)
    })

    test('is another key’s affair if another key caused it', () => {
      store.replies.keep(reply())
      expect(store.replies.find('resp_1', 'key_2')).toBeUndefined()
      expect(store.replies.drop('resp_1', 'key_2')).toBe(false)
      store.replies.keep(reply({ keyId: 'key_2', maker: 'other/small' }))
      expect(store.replies.find('resp_1', 'key_1')?.maker).toBe('acme/large')
    })

    test('is found by what was said in it, for the same key', () => {
      store.replies.keep(reply())
      store.replies.keep(reply({ id: 'resp_2', kept: undefined }))
      expect(store.replies.findItem('msg_1', 'key_1')).toEqual(reply())
      for (const [item, key] of [
        ['msg_1', 'key_2'],
        ['msg_9', 'key_1'],
        ['resp_1', 'key_1'],
      ] as const)
        expect(store.replies.findItem(item, key)).toBeUndefined()
    })

    test('is not found by what was said in it when it has given way, was dropped, or is forgotten', () => {
      store.replies.keep(reply())
      store.replies.keep(reply({ kept: { input: '[]', reply: '{}', items: ['msg_3'] } }))
      expect(store.replies.findItem('msg_1', 'key_1')).toBeUndefined()
      store.replies.drop('resp_1', 'key_1')
      expect(store.replies.findItem('msg_3', 'key_1')).toBeUndefined()
      store.replies.keep(reply({ at: 1000 }))
      store.replies.forget(2000)
      expect(store.replies.findItem('msg_1', 'key_1')).toBeUndefined()
    })

    test('gives way to a later one of the same id', () => {
      store.replies.keep(reply())
      store.replies.keep(reply({ maker: 'acme/small' }))
      expect(store.replies.find('resp_1', 'key_1')?.maker).toBe('acme/small')
    })

    test('is gone when it is dropped, once', () => {
      store.replies.keep(reply())
      expect([store.replies.drop('resp_1', 'key_1'), store.replies.drop('resp_1', 'key_1')]).toEqual([true, false])
      expect(store.replies.find('resp_1', 'key_1')).toBeUndefined()
    })

    test('is forgotten when it is old', () => {
      store.replies.keep(reply({ id: 'old', at: 1000 }))
      store.replies.keep(reply({ id: 'young', at: 2000 }))
      expect(store.replies.forget(2000)).toBe(1)
      expect([store.replies.find('old', 'key_1'), store.replies.find('young', 'key_1')?.id]).toEqual([
        undefined,
        'young',
      ])
    })
  })
}
