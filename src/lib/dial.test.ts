import { expect, test } from 'bun:test'
import { createServer } from 'node:net'
import { certificate } from '../../test/fakes/certificate.ts'
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
  const watch = () =>
    dialer.reached(url, clock) ? undefined : dialer.watch(url, { clock, ms: 3000, late: () => void seen.late++ })
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

test('a request that was answered has reached its host, however long the other connection takes', () => {
  const { seen, watch, clock } = watched()
  watch()?.(true)
  watch()
  expect([seen, clock.waiting()]).toEqual([{ dialled: 1, hungUp: 1, late: 0 }, 0])
})

test('a watch that ends leaves no bell and no connection behind', () => {
  const { clock, seen, watch } = watched()
  watch()?.(false)
  watch()?.(false)
  expect([seen.dialled, seen.hungUp, clock.waiting()]).toEqual([2, 2, 0])
})

/** Accepts connections and says nothing on them. */
async function silentServer() {
  const closed = Promise.withResolvers<void>()
  const seen = { opened: 0 }
  const server = createServer(socket => {
    seen.opened++
    socket.on('error', () => undefined)
    socket.on('close', () => closed.resolve())
    socket.resume()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = address !== null && typeof address === 'object' ? address.port : 0
  return { port, seen, closed: closed.promise, stop: () => new Promise(resolve => server.close(resolve)) }
}

test('for real: one connection, which is closed again; a refusal is an answer', async () => {
  const clock = fakeClock()
  const { port, seen, closed, stop } = await silentServer()
  new Dialer().watch(`http://127.0.0.1:${port}/v1`, { clock, ms: 3000, late: () => undefined })
  await closed
  expect([seen.opened, clock.waiting()]).toEqual([1, 0])
  await stop()
  for (const scheme of ['http', 'https']) {
    const refused = Promise.withResolvers<void>()
    const noisy = { ...clock, after: () => () => refused.resolve() }
    new Dialer().watch(`${scheme}://127.0.0.1:${port}/v1`, { clock: noisy, ms: 3000, late: () => undefined })
    await refused.promise
  }
})

test('for real: a host that accepts and never answers the handshake of TLS is late, and hung up on', async () => {
  const clock = fakeClock()
  const { port, seen, closed, stop } = await silentServer()
  let late = 0
  new Dialer().watch(`https://127.0.0.1:${port}/v1`, { clock, ms: 3000, late: () => void late++ })
  while (seen.opened === 0) await new Promise(resolve => setImmediate(resolve))
  expect([late, clock.waiting()]).toEqual([0, 1])
  clock.advance(3000)
  await closed
  expect([late, clock.waiting()]).toEqual([1, 0])
  await stop()
})

test('for real: a handshake that ends is an answer, whoever the certificate is for', async () => {
  const clock = fakeClock()
  using server = Bun.serve({ port: 0, hostname: '127.0.0.1', tls: certificate, fetch: () => new Response('') })
  const answered = Promise.withResolvers<void>()
  const noisy = { ...clock, after: () => () => answered.resolve() }
  new Dialer().watch(`https://localhost:${server.port}/v1`, { clock: noisy, ms: 3000, late: () => undefined })
  await answered.promise
})
