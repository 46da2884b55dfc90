import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import type { Clock } from '../../src/lib/clock.ts'
import type { Kept } from '../../src/ports/replays.ts'
import type { Store } from '../../src/stores/store.ts'
import { type FakeClock, fakeClock } from '../fakes/clock.ts'
import { oddTexts } from './records.ts'

const kept = (more: Partial<Kept> = {}): Kept => ({
  print: 'a'.repeat(64),
  id: 'req_1',
  dialect: 'openai-chat',
  form: 'whole',
  contentType: 'application/json',
  bytes: new Uint8Array([0, 255, 123, 125, 10]),
  stopReason: 'stop',
  ...more,
})

const dayMs = 86_400_000

/** What every keeper of replies that are given again does. */
export function replaysContract(name: string, open: (clock: Clock) => Promise<Store>): void {
  describe(`${name}: a reply to be given again`, () => {
    let clock: FakeClock
    let store: Store
    beforeEach(async () => {
      clock = fakeClock()
      store = await open(clock)
    })
    afterEach(() => store.close())

    const keep = async (key: string, more: Partial<Kept> = {}, ttlMs = dayMs): Promise<void> =>
      store.replays.keep(key, kept(more), ttlMs)
    const found = async (key: string): Promise<Kept | undefined> => {
      const one = await store.replays.find(key)
      return one && { ...one, bytes: new Uint8Array(one.bytes) }
    }

    const replies: readonly (readonly [string, Partial<Kept>])[] = [
      ['a whole one', {}],
      ['a stream', { form: 'stream', contentType: 'text/event-stream' }],
      ['one that stopped for no reason', { stopReason: undefined }],
      ['one of nothing', { bytes: new Uint8Array() }],
      ['a long one', { bytes: new Uint8Array(3 << 20).fill(7) }],
    ]
    test.each([...replies])('is found as it was kept: %s', async (_, more) => {
      await keep('a', more)
      expect(await found('a')).toStrictEqual(kept(more))
    })

    test('is found under its own name alone, however odd that is', async () => {
      for (const text of oddTexts) await keep(`k\n${text}`, { id: text })
      for (const text of oddTexts) expect((await found(`k\n${text}`))?.id).toBe(text)
      expect(await found('k')).toBeUndefined()
    })

    test('gives way to a later one of its name', async () => {
      await keep('a')
      await keep('a', { id: 'req_2', bytes: new Uint8Array([1]) })
      expect(await found('a')).toStrictEqual(kept({ id: 'req_2', bytes: new Uint8Array([1]) }))
    })

    test('is gone when its time is over, and not before', async () => {
      await keep('a', {}, 1000)
      clock.advance(999)
      expect(await found('a')).toBeDefined()
      clock.advance(1)
      expect(await found('a')).toBeUndefined()
    })

    test('can be kept anew when its time is over', async () => {
      await keep('a', {}, 1000)
      clock.advance(1000)
      await keep('a', { id: 'req_2' }, 1000)
      expect((await found('a'))?.id).toBe('req_2')
    })

    test('is tidied away when its time is over, and the others stay', async () => {
      for (let n = 0; n < 50; n++) await keep(`old ${n}`, {}, 1000)
      for (let n = 0; n < 5; n++) await keep(`young ${n}`, {}, 2000)
      clock.advance(1500)
      expect([await tidied(), await tidied()]).toEqual([50, 0])
      expect((await found('young 4'))?.id).toBe('req_1')
    })

    /** Tidying pauses in between, so time has to go by. */
    async function tidied(): Promise<number> {
      let gone: number | undefined
      void store.replays.tidy().then(count => (gone = count))
      for (let i = 0; gone === undefined && i < 100; i++) {
        for (let n = 0; n < 5; n++) await Promise.resolve()
        clock.advance(5)
      }
      return gone ?? expect.unreachable('It was not over.')
    }

    test('many at once are all kept', async () => {
      const names = Array.from({ length: 100 }, (_, n) => `many ${n}`)
      await Promise.all(names.map(each => keep(each, { id: each })))
      for (const each of names) expect((await found(each))?.id).toBe(each)
    })
  })
}
