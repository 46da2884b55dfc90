import { expect, test } from 'bun:test'
import { createServer } from 'node:net'
import { fakeClock } from '../../test/fakes/clock.ts'
import { type Dial, Dialer } from './dial.ts'

const url = 'http://127.0.0.1:9/v1/chat/completions'

function watched() {
  const clock = fakeClock()
  const seen = { dialled: 0, hungUp: 0, late: 0 }
  let decide = (): void => undefined
  const dial: Dial = (_, decided) => {
    seen.dialled++
    decide = decided
    return () => void seen.hungUp++
  }
  const dialer = new Dialer(dial)
  const watch = () => dialer.watch(url, { clock, ms: 3000, late: () => void seen.late++ })
  return { clock, seen, watch, decide: () => decide() }
}

test('a host that accepts no connection is late when the time is over, once, and is hung up on', () => {
  const { clock, seen, watch } = watched()
  watch()
  clock.advance(2_999)
  expect(seen).toEqual({ dialled: 1, hungUp: 0, late: 0 })
  clock.advance(1)
  expect([seen, clock.waiting()]).toEqual([{ dialled: 1, hungUp: 1, late: 1 }, 0])
})

test('a host that accepts is not late, and is not tried again for a while', () => {
  const { clock, seen, watch, decide } = watched()
  watch()
  decide()
  clock.advance(29_999)
  watch()
  expect(seen).toEqual({ dialled: 1, hungUp: 0, late: 0 })
  clock.advance(1)
  watch()
  expect(seen.dialled).toBe(2)
})

test('a watch that ends leaves no bell and no connection behind', () => {
  const { clock, seen, watch } = watched()
  watch()?.()
  expect([seen.hungUp, clock.waiting()]).toEqual([1, 0])
})

test('for real: one connection, which is closed again; a refusal is an answer', async () => {
  const clock = fakeClock()
  const closed = Promise.withResolvers<void>()
  let opened = 0
  const server = createServer(socket => {
    opened++
    socket.on('error', () => undefined)
    socket.on('close', () => closed.resolve())
    socket.resume()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = address !== null && typeof address === 'object' ? address.port : 0
  new Dialer().watch(`http://127.0.0.1:${port}/v1`, { clock, ms: 3000, late: () => undefined })
  await closed.promise
  expect([opened, clock.waiting()]).toEqual([1, 0])
  await new Promise(resolve => server.close(resolve))
  const refused = Promise.withResolvers<void>()
  const noisy = { ...clock, after: () => () => refused.resolve() }
  new Dialer().watch(`http://127.0.0.1:${port}/v1`, { clock: noisy, ms: 3000, late: () => undefined })
  await refused.promise
})
