import { expect, test } from 'bun:test'
import { fakeClock } from '../../../test/fakes/clock.ts'
import { Fault } from '../../model/fault.ts'
import type { Batch, Source, StreamSource } from '../../model/source.ts'
import { keptAlive } from './keep-alive.ts'

const batch: Batch = { bytes: Buffer.from('data: hi\n\n'), events: [{ type: 'content' }] }
const said: StreamSource = {
  type: 'stream',
  dialect: 'x',
  next: async () => batch,
  fail: () => undefined,
  close: () => undefined,
}

function waiting() {
  const clock = fakeClock()
  const { promise: pursuit, resolve, reject } = Promise.withResolvers<Source>()
  pursuit.catch(() => undefined)
  const seen = { left: 0 }
  const source = keptAlive({
    pursuit,
    everyMs: 10_000,
    clock,
    dialect: 'x',
    leave: () => void seen.left++,
  })
  return { clock, source, resolve, reject, seen }
}

async function stream(source: Promise<Source>): Promise<StreamSource> {
  const found = await source
  if (found.type !== 'stream') throw new Error('It is no stream.')
  return found
}

const textOf = (one: Batch | undefined): string => Buffer.from(one?.bytes ?? []).toString()

test('who answers in time is not kept alive', async () => {
  const { clock, source, resolve } = waiting()
  clock.advance(9_999)
  resolve(said)
  expect([await source, clock.waiting()]).toEqual([said, 0])
})

test('a failure in time is still thrown', async () => {
  const { source, reject, clock } = waiting()
  reject(new Fault('overloaded', 'no'))
  const failure = await source.catch(error => error)
  expect([failure.code, clock.waiting()]).toEqual(['overloaded', 0])
})

test('a comment leaves each time the wait is over, and then the stream itself', async () => {
  const { clock, source, resolve } = waiting()
  clock.advance(10_000)
  const kept = await stream(source)
  expect(textOf(await kept.next())).toBe(': keep-alive\n\n')
  const second = kept.next()
  clock.advance(10_000)
  expect(textOf(await second)).toBe(': keep-alive\n\n')
  const third = kept.next()
  resolve(said)
  expect([await third, await kept.next(), clock.waiting()]).toEqual([batch, batch, 0])
})

test('a failure after that is thrown inside the stream', async () => {
  const { clock, source, reject } = waiting()
  clock.advance(10_000)
  const kept = await stream(source)
  await kept.next()
  const next = kept.next()
  reject(new Fault('upstream_failed', 'all are down'))
  expect((await next.catch(error => error)).message).toBe('all are down')
  expect(clock.waiting()).toBe(0)
})

test('a caller who leaves in the meantime gives the pursuit up', async () => {
  const { clock, source, seen } = waiting()
  clock.advance(10_000)
  ;(await stream(source)).close()
  expect(seen.left).toBe(1)
})
