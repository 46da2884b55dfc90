import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createServer, type Server } from 'node:net'
import { head, reply, scriptedUpstream, streamHead, type Upstream } from '../../test/fakes/upstream.ts'
import { type Heard, NetworkError, send, type Unheard, warm } from './http.ts'

let upstream: Upstream
beforeAll(async () => {
  upstream = await scriptedUpstream()
})
afterAll(() => upstream.stop())

const ask = (url = `${upstream.url}/chat`, signal = new AbortController().signal): Promise<Heard> =>
  send({ url, headers: new Headers({ authorization: 'Bearer sk' }), body: '{"é":1}' }, signal)

async function reasonOf(asking: Promise<unknown>): Promise<Unheard> {
  const error = await asking.then(
    () => undefined,
    error => error as unknown,
  )
  if (!(error instanceof NetworkError)) throw new Error(`Not a network error: ${String(error)}`)
  return error.reason
}

describe('a request', () => {
  test('is a POST with its headers and body, and the head of the reply is told', async () => {
    upstream.play(reply('{"a":1}', { status: 418, headers: { 'retry-after': '3' } }))
    const heard = await ask()
    expect([heard.status, heard.contentType, heard.header('retry-after'), heard.header('x-none')]).toEqual([
      418,
      'application/json',
      '3',
      undefined,
    ])
    expect(Buffer.from(await heard.whole(100)).toString()).toBe('{"a":1}')
    const asked = upstream.asked.at(-1)
    expect([asked?.method, asked?.path, asked?.headers.get('authorization'), asked?.body]).toEqual([
      'POST',
      '/v1/chat',
      'Bearer sk',
      '{"é":1}',
    ])
  })

  test('follows no redirect: it carries a key', async () => {
    const before = upstream.asked.length
    upstream.play(reply('', { status: 307, headers: { location: `${upstream.url}/elsewhere` } }))
    const heard = await ask()
    await heard.whole(10)
    expect([heard.status, upstream.asked.length - before]).toEqual([307, 1])
  })
})

describe('a body', () => {
  test('is read as the network brings it, one read at a time', async () => {
    const { promise: readFirst, resolve: goOn } = Promise.withResolvers<void>()
    upstream.play(async ({ write, end }) => {
      await write(`${streamHead}one`)
      await readFirst
      await write('two')
      end()
    })
    const heard = await ask()
    expect(String(Buffer.from((await heard.read()) ?? []))).toBe('one')
    goOn()
    expect(String(Buffer.from((await heard.read()) ?? []))).toBe('two')
    expect(await heard.read()).toBeUndefined()
  })

  const tooLarge: Readonly<Record<string, string>> = {
    'of declared length': head({ headers: { 'content-length': '11' } }),
    'of unknown length': head({ headers: { connection: 'close' } }),
  }
  test.each(Object.entries(tooLarge))('%s is held up to a limit', async (_, opening) => {
    upstream.play(async ({ write, end }) => {
      await write(`${opening}hello world`)
      end()
    })
    expect(await reasonOf(ask().then(heard => heard.whole(10)))).toBe('too-large')
    expect(String(Buffer.from(await (await ask()).whole(11)))).toBe('hello world')
  })

  test('that is too large is given up: the provider is let go', async () => {
    const { promise: gone, resolve } = Promise.withResolvers<void>()
    upstream.play(async ({ write, closed }) => {
      await write(`${head({ headers: { connection: 'close' } })}hello world`)
      closed.then(resolve, resolve)
    })
    expect(await reasonOf(ask().then(heard => heard.whole(10)))).toBe('too-large')
    await gone
  })

  test('that is broken off is a reset', async () => {
    upstream.play(async ({ write, reset }) => {
      await write(`${head({ headers: { 'content-length': '100' } })}half`)
      reset()
    })
    expect(await reasonOf(ask().then(heard => heard.whole(1000)))).toBe('reset')
  })

  test('that is given up closes the connection to the provider', async () => {
    const { promise: gone, resolve } = Promise.withResolvers<void>()
    upstream.play(async ({ write, closed }) => {
      await write(`${streamHead}data: 1\n\n`)
      closed.then(resolve, resolve)
    })
    const heard = await ask()
    await heard.read()
    heard.close()
    await gone
  })
})

describe('a provider that cannot be heard', () => {
  test('because nothing listens there is refused', async () => {
    expect(await reasonOf(ask(`http://127.0.0.1:${await freePort()}/`))).toBe('refused')
  })

  test('because its name is none has no host', async () => {
    expect(await reasonOf(ask('http://nowhere.invalid/v1'))).toBe('no-such-host')
  })

  test('because the caller left is left, before the reply and in the middle of it', async () => {
    const early = new AbortController()
    upstream.play(() => early.abort())
    expect(await reasonOf(ask(undefined, early.signal))).toBe('left')
    const late = new AbortController()
    upstream.play(async ({ write }) => {
      await write(`${streamHead}data: 1\n\n`)
    })
    const heard = await ask(undefined, late.signal)
    await heard.read()
    const reading = heard.read()
    late.abort()
    expect(await reasonOf(reading)).toBe('left')
  })

  test('because it closed at once is stale if it answered before, a reset if not or on a connection of its own, and asked once', async () => {
    const never = await scriptedUpstream(({ reset }) => reset())
    const url = `${never.url}/`
    const asking = (afresh = false) =>
      send({ url, headers: new Headers(), body: '{}', afresh }, new AbortController().signal)
    try {
      expect(await reasonOf(asking())).toBe('reset')
      never.play(reply('{}'))
      await (await asking()).whole(10)
      never.play(({ reset }) => reset())
      expect([await reasonOf(asking()), await reasonOf(asking(true))]).toEqual(['stale', 'reset'])
      expect(never.asked).toHaveLength(4)
    } finally {
      await never.stop()
    }
  })

  test('because it closed after a while is reset: it has read what was asked', async () => {
    upstream.play(reply('{}'))
    await (await ask()).whole(10)
    upstream.play(async ({ reset }) => {
      await Bun.sleep(80)
      reset()
    })
    expect(await reasonOf(ask())).toBe('reset')
  })
})

async function freePort(): Promise<number> {
  const server: Server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise(resolve => server.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}

test('a connection that was opened beforehand carries nothing until there is a request, which then needs no other', async () => {
  const { promise: opened, resolve } = Promise.withResolvers<void>()
  let connections = 0
  let bytes = 0
  const server = createServer(socket => {
    connections++
    resolve()
    socket.on('data', more => {
      bytes += more.length
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok')
    })
  })
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`
  warm(url)
  await opened
  expect(bytes).toBe(0)
  const heard = await send({ url, headers: new Headers(), body: '{}' }, new AbortController().signal)
  expect([Buffer.from(await heard.whole(9)).toString(), connections]).toEqual(['ok', 1])
  server.close()
})
