import { expect, test } from 'bun:test'
import { fakeClock } from '../../test/fakes/clock.ts'
import type { KeptReply } from '../ports/replies.ts'
import { memoryReplies } from './memory/replies.ts'
import { withRecent } from './recent-replies.ts'

const reply = (id: string, more: Partial<KeptReply> = {}): KeptReply => ({
  id,
  keyId: 'key_1',
  at: 0,
  maker: 'acme/large',
  kept: { input: '[]', reply: '{}', items: [`msg_${id}`] },
  lasting: false,
  ...more,
})

test('only what is to last reaches the store', () => {
  const lasting = memoryReplies()
  const replies = withRecent(lasting, fakeClock())
  const [brief, long] = [reply('a', { at: 1e15 }), reply('b', { lasting: true })]
  for (const each of [brief, long]) replies.keep(each)
  expect([lasting.find('a', 'key_1'), lasting.find('b', 'key_1')]).toEqual([undefined, long])
  expect([replies.find('a', 'key_1'), replies.find('b', 'key_1')]).toEqual([brief, long])
  expect([replies.findItem('msg_a', 'key_1'), replies.findItem('msg_b', 'key_1')]).toEqual([brief, long])
  expect(['a', 'b', 'a'].map(id => replies.drop(id, 'key_1'))).toEqual([true, true, false])
})

test('what is not to last is forgotten after an hour', () => {
  const clock = fakeClock()
  const replies = withRecent(memoryReplies(), clock)
  replies.keep(reply('a', { at: clock.wall() }))
  clock.advance(3_600_000)
  expect(replies.find('a', 'key_1')?.id).toBe('a')
  clock.advance(1)
  expect([replies.find('a', 'key_1'), replies.findItem('msg_a', 'key_1')]).toEqual([undefined, undefined])
})

test('the oldest make room, by number and by size', () => {
  const byNumber = memoryReplies({ replies: 2, bytes: 1_000 })
  const bySize = memoryReplies({ replies: 9, bytes: 1_000 })
  const large = { input: '', reply: 'x'.repeat(240), items: [] }
  for (const id of ['a', 'b', 'c']) {
    byNumber.keep(reply(id))
    bySize.keep(reply(id, { kept: large }))
    bySize.keep(reply(id, { kept: large }))
  }
  for (const replies of [byNumber, bySize])
    expect(['a', 'b', 'c'].map(id => replies.find(id, 'key_1')?.id)).toEqual([undefined, 'b', 'c'])
  bySize.keep(reply('d', { kept: { ...large, reply: 'x'.repeat(501) } }))
  expect(['b', 'c', 'd'].map(id => bySize.find(id, 'key_1'))).toEqual([undefined, undefined, undefined])
})
