import { expect, test } from 'bun:test'
import { fakeClock } from '../../../test/fakes/clock.ts'
import type { Kept } from '../../ports/replays.ts'
import { memoryReplays } from './replays.ts'

const kept = (size: number): Kept => ({
  print: 'p',
  id: 'req_1',
  dialect: 'd',
  form: 'whole',
  contentType: '',
  bytes: new Uint8Array(size),
  stopReason: undefined,
})

test('there is room for so many bytes; the oldest go first', () => {
  const replays = memoryReplays(fakeClock(), 10_000)
  for (const name of ['a', 'b', 'c', 'd']) void replays.keep(name, kept(2_500), 1000)
  expect(['a', 'b', 'c', 'd'].filter(name => replays.find(name) !== undefined)).toEqual(['b', 'c', 'd'])
})

test('what is larger than all the room is not kept, and nothing goes for it', () => {
  const replays = memoryReplays(fakeClock(), 10_000)
  void replays.keep('a', kept(100), 1000)
  void replays.keep('b', kept(10_000), 1000)
  expect([replays.find('a') !== undefined, replays.find('b')]).toEqual([true, undefined])
})

test('a name that is kept again has one reply, the last', () => {
  const replays = memoryReplays(fakeClock(), 10_000)
  for (let i = 0; i < 100; i++) void replays.keep('a', kept(i), 1000)
  void replays.keep('b', kept(8_000), 1000)
  expect([replays.find('a'), replays.find('b')]).toMatchObject([
    { bytes: { length: 99 } },
    { bytes: { length: 8_000 } },
  ])
})

test('what is too old is gone', () => {
  const clock = fakeClock()
  const replays = memoryReplays(clock)
  void replays.keep('a', kept(1), 1000)
  clock.advance(999)
  expect(replays.find('a')).toBeDefined()
  clock.advance(1)
  expect(replays.find('a')).toBeUndefined()
})
