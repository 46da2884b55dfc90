import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { eventually, rows } from '../fakes/ledger.ts'
import { soon, startThalamus, type Thalamus, thalamus } from '../fakes/thalamus.ts'

/** The same chat over a WebSocket: one connection, many requests. */

setDefaultTimeout(20_000)

let house: Thalamus
beforeAll(async () => {
  house = await startThalamus({ config: { server: { max_body: '64KiB' } } })
})
afterAll(() => house?.stop())

type Message = { readonly [field: string]: unknown }

/** A caller's end of a socket: what it was sent, in order. */
type Socket = { send(message: object | string): void; next(): Promise<Message | '[DONE]'>; close(): void }

const open: Socket[] = []
afterEach(() => {
  for (const socket of open.splice(0)) socket.close()
})

async function plug(
  path = '/v1/chat/completions',
  headers: object = { authorization: `Bearer ${house.key}` },
  url = house.url,
) {
  const socket = new WebSocket(url.replace('http', 'ws') + path, { headers } as unknown as string[])
  const heard: string[] = []
  let more = Promise.withResolvers<void>()
  socket.onmessage = ({ data }) => {
    heard.push(String(data))
    more.resolve()
  }
  await soon(
    new Promise<void>((resolve, reject) => {
      socket.onopen = () => resolve()
      socket.onerror = () => reject(new Error('refused'))
    }),
    () => 'The socket did not open.',
  )
  const plugged: Socket = {
    send: message => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    close: () => socket.close(),
    async next() {
      while (heard.length === 0) {
        await soon(more.promise, () => 'Nothing came.')
        more = Promise.withResolvers()
      }
      const text = heard.shift() ?? ''
      return text === '[DONE]' ? text : (JSON.parse(text) as Message)
    },
  }
  open.push(plugged)
  return plugged
}

const say = (content: string, model = 'sim/echo') => ({ model, messages: [{ role: 'user', content }] })

/** The words of a reply's chunks, up to its end. */
async function reply(socket: Socket): Promise<string> {
  let text = ''
  for (let message = await socket.next(); message !== '[DONE]'; message = await socket.next()) {
    if (message.error) return `${text} error: ${JSON.stringify(message.thalamus)}`
    const [choice] = message.choices as readonly { readonly delta?: { readonly content?: string } }[]
    text += choice?.delta?.content ?? ''
  }
  return text
}

describe('a chat over a socket', () => {
  test('is streamed as messages, and one request follows another, each with its row', async () => {
    const socket = await plug()
    socket.send(say('first one'))
    socket.send(say('second one'))
    expect([await reply(socket), await reply(socket)]).toEqual(['first one', 'second one'])
    const written = await eventually(
      async () => (await rows(house)).slice(0, 2),
      all => all.every(row => row.code === 'ok'),
    )
    expect(written.map(row => [row.operation, row.stream])).toEqual([
      ['chat', true],
      ['chat', true],
    ])
  })

  test('may ask for a whole reply, and then gets one message', async () => {
    const socket = await plug()
    socket.send({ ...say('whole'), stream: false })
    expect(await socket.next()).toMatchObject({ object: 'chat.completion' })
  })

  test('is stopped by a message, and the connection goes on', async () => {
    const socket = await plug()
    socket.send(say('', 'sim/lorem+pace=100'))
    await socket.next()
    socket.send({ type: 'cancel' })
    expect(await reply(socket)).toContain('client_closed')
    socket.send(say('still here'))
    expect(await reply(socket)).toBe('still here')
    const [, stopped] = await rows(house)
    expect(stopped?.code).toBe('client_closed')
  })

  test('that is left is over for its provider too', async () => {
    const socket = await plug()
    socket.send(say('', 'sim/lorem+pace=100'))
    await socket.next()
    socket.close()
    const [row] = await eventually(
      async () => rows(house),
      ([newest]) => newest?.code === 'client_closed',
    )
    expect(row?.model).toBe('lorem+pace=100')
  })

  test('answers what it does not understand, and what its model refuses, and stays open', async () => {
    const socket = await plug()
    socket.send('what?')
    expect(await socket.next()).toMatchObject({ error: { type: 'invalid_request_error' } })
    socket.send(say('hi', 'nobody/knows'))
    expect(await socket.next()).toMatchObject({ thalamus: { code: 'model_not_found' } })
    socket.send(say('well'))
    expect(await reply(socket)).toBe('well')
  })

  test('counts each request against the limit of its key, and the one beyond it has a row that says so', async () => {
    // bifrost#2873: a connection that was let in once is not let in for ever.
    const made = await thalamus(['keys', 'create', 'paced', '--rpm', '2', '--json'], { cwd: house.folder })
    const { secret } = JSON.parse(made.stdout) as { readonly secret: string }
    const socket = await plug('/v1/chat/completions', { authorization: `Bearer ${secret}` })
    for (const word of ['one', 'two', 'three']) socket.send(say(word))
    expect([await reply(socket), await reply(socket)]).toEqual(['one', 'two'])
    expect(await socket.next()).toMatchObject({ thalamus: { code: 'rate_limited' } })
    const [row] = await rows(house)
    expect(row).toMatchObject({ code: 'rate_limited', key: { name: 'paced' }, attempts: [] })
  })

  test('is not opened without a key, nor where there is no chat', async () => {
    expect(plug('/v1/chat/completions', {})).rejects.toThrow('refused')
    expect(plug('/v1/embeddings')).rejects.toThrow('refused')
  })
})

test('Responses are asked for by OpenAI’s own event, and come as its events', async () => {
  const socket = await plug('/v1/responses')
  socket.send({ type: 'response.create', model: 'sim/echo', input: 'over the wire' })
  const types: unknown[] = []
  let last: Message | '[DONE]' = {}
  while (last === '[DONE]' || last.type !== 'response.completed') {
    last = await socket.next()
    types.push(last === '[DONE]' ? last : last.type)
  }
  expect(types[0]).toBe('response.created')
  expect(types).toContain('response.output_text.delta')
  socket.send({ type: 'nonsense' })
  expect(await socket.next()).toMatchObject({ type: 'error', status: 400 })
})

test('a turn on a socket goes on from the one before it, although that is not to be kept', async () => {
  const socket = await plug('/v1/responses')
  const said = async (asked: object): Promise<Message> => {
    socket.send({ type: 'response.create', model: 'sim/echo', store: false, stream: false, ...asked })
    const message = await socket.next()
    if (message === '[DONE]') throw new Error('A response has no mark.')
    return message
  }
  const { id } = await said({ input: 'one' })
  expect(await said({ input: 'two', previous_response_id: id })).toMatchObject({ status: 'completed' })
  expect(await said({ input: 'two', previous_response_id: 'resp_0' })).toMatchObject({
    type: 'error',
    error: { code: 'previous_response_not_found' },
  })
})

test('a relay that goes away answers what was asked, closes its sockets and ends', async () => {
  const leaving = await startThalamus({ config: {} })
  const headers = { authorization: `Bearer ${leaving.key}` }
  const closed: { readonly code: number; readonly said: number }[] = []
  const plugs = await Promise.all(
    ['idle', 'busy'].map(async name => {
      const socket = new WebSocket(`${leaving.url.replace('http', 'ws')}/v1/chat/completions`, {
        headers,
      } as unknown as string[])
      let said = 0
      const begun = new Promise<void>((resolve, reject) => {
        socket.onerror = () => reject(new Error('refused'))
        socket.onopen = () => {
          if (name === 'idle') resolve()
          else socket.send(JSON.stringify(say('', 'sim/lorem+pace=3')))
        }
        socket.onmessage = ({ data }) => {
          if (String(data) === '[DONE]') said++
          resolve()
        }
      })
      const over = new Promise<void>(resolve => {
        socket.onclose = ({ code }) => {
          closed.push({ code, said })
          resolve()
        }
      })
      await soon(begun, () => 'Nothing came.')
      return { over }
    }),
  )
  expect(await leaving.kill('SIGTERM')).toEqual({ code: 0, signal: null })
  await Promise.all(plugs.map(({ over }) => over))
  expect(closed).toEqual([
    { code: 1001, said: 0 },
    { code: 1001, said: 1 },
  ])
  await leaving.stop()
})

test('a relay that has no more time to go tells it to whoever is answered, and to whoever waits behind', async () => {
  const leaving = await startThalamus({ config: { server: { drain: '100ms' } } })
  const socket = await plug('/v1/chat/completions', { authorization: `Bearer ${leaving.key}` }, leaving.url)
  socket.send(say('', 'sim/lorem+pace=100'))
  socket.send(say('waits'))
  await socket.next()
  expect(await leaving.kill('SIGTERM')).toEqual({ code: 0, signal: null })
  expect([await reply(socket), await reply(socket)]).toEqual([
    expect.stringContaining('overloaded'),
    expect.stringContaining('overloaded'),
  ])
  const told = leaving.logLines().filter(({ event }) => event === 'request')
  expect(told.map(({ code }) => code)).toEqual(['overloaded', 'overloaded'])
  await leaving.stop()
})
