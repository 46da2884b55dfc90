import { createServer, type Socket } from 'node:net'

/** A provider whose every byte and pause is the test's own, and which keeps the bytes that it was sent. */

export type Asked = {
  /** The request as it came over the wire, head and body. */
  readonly raw: Buffer
  readonly method: string
  readonly path: string
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

export type Exchange = {
  readonly asked: Asked
  /** Which request of its connection this is: 1 for the first. */
  readonly nth: number
  /** Resolves when the bytes have been handed to the network. */
  write(bytes: string | Uint8Array): Promise<void>
  /** Closes the connection (FIN). */
  end(): void
  /** Breaks the connection (RST). */
  reset(): void
  /** Resolves when the connection is gone, whoever closed it. */
  readonly closed: Promise<void>
}

/** What to do with one request. The connection stays open unless the script ends it. */
export type Script = (exchange: Exchange) => void | Promise<void>

export type Upstream = {
  /** `http://127.0.0.1:PORT/v1` */
  readonly url: string
  readonly asked: readonly Asked[]
  /** For every request from now on. */
  play(script: Script): void
  stop(): Promise<void>
}

export async function scriptedUpstream(first: Script = reply('{}')): Promise<Upstream> {
  let script = first
  const asked: Asked[] = []
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.setNoDelay(true)
    // A peer that resets is what some tests are about; `close` follows.
    socket.on('error', () => undefined)
    const closed = new Promise<void>(resolve => socket.once('close', () => resolve()))
    socket.once('close', () => sockets.delete(socket))
    let nth = 0
    listen(socket, one => {
      asked.push(one)
      nth++
      void script({ asked: one, nth, ...lineOf(socket, closed) })
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The upstream has no port.')

  return {
    url: `http://127.0.0.1:${address.port}/v1`,
    asked,
    play(next) {
      script = next
    },
    async stop() {
      for (const socket of sockets) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

function lineOf(socket: Socket, closed: Promise<void>): Omit<Exchange, 'asked' | 'nth'> {
  return {
    write: bytes => new Promise(resolve => void socket.write(bytes, () => resolve())),
    end: () => void socket.end(),
    reset: () => void socket.resetAndDestroy(),
    closed,
  }
}

/** Requests one after the other, each with a body of declared length. */
function listen(socket: Socket, take: (asked: Asked) => void): void {
  let held: Buffer = Buffer.alloc(0)
  socket.on('data', (bytes: Buffer) => {
    held = Buffer.concat([held, bytes])
    // A TLS handshake begins with 22: it is refused, as every server does that speaks plain HTTP.
    if (held[0] === 22) socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n')
    for (let one = parse(held); one; one = parse(held)) {
      held = held.subarray(one.raw.length)
      take(one)
    }
  })
}

function parse(bytes: Buffer): Asked | undefined {
  const head = bytes.indexOf('\r\n\r\n')
  if (head === -1) return undefined
  const [line = '', ...fields] = bytes.toString('latin1', 0, head).split('\r\n')
  const headers = new Map(fields.map(field => headerOf(field)))
  const size = head + 4 + Number(headers.get('content-length') ?? 0)
  if (bytes.length < size) return undefined
  const [method = '', path = ''] = line.split(' ')
  return { raw: bytes.subarray(0, size), method, path, headers, body: bytes.toString('utf8', head + 4, size) }
}

function headerOf(field: string): [string, string] {
  const colon = field.indexOf(':')
  return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()]
}

type Head = { readonly status?: number; readonly headers?: Readonly<Record<string, string>> }

/** The head of a reply, with what else belongs in it. */
export function head({ status = 200, headers = {} }: Head): string {
  const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${status} As Scripted\r\n${fields.join('')}\r\n`
}

/** Answers with a whole body, of JSON unless the headers say otherwise. */
export const reply =
  (body: string, { status = 200, headers = {} }: Head = {}): Script =>
  ({ write }) =>
    write(
      head({
        status,
        headers: { 'content-type': 'application/json', 'content-length': `${Buffer.byteLength(body)}`, ...headers },
      }) + body,
    )

/** The head of a stream of events whose body lasts as long as the connection. */
export const streamHead = head({ headers: { 'content-type': 'text/event-stream', connection: 'close' } })

/** Answers with a stream, each text in a write of its own, and then closes. */
export const stream =
  (...texts: readonly (string | Uint8Array)[]): Script =>
  async ({ write, end }) => {
    await write(streamHead)
    for (const text of texts) await write(text)
    end()
  }

/** One event of OpenAI's streams. */
export const event = (data: object | string): string =>
  `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`

const chunk = (choices: readonly object[], more: object = {}): string =>
  event({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'scripted', choices, ...more })

/** The events that most streams are made of. */
export const events = {
  role: chunk([{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }]),
  says: (content: string): string => chunk([{ index: 0, delta: { content }, finish_reason: null }]),
  stop: chunk([{ index: 0, delta: {}, finish_reason: 'stop' }]),
  usage: (prompt: number, completion: number): string =>
    chunk([], { usage: { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion } }),
  done: event('[DONE]'),
}

/** A whole reply to a chat, as OpenAI writes it. */
export const completion = (content: string, more: object = {}): string =>
  JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'scripted',
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
    ...more,
  })
