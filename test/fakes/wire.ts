import { connect } from 'node:net'
import { soon } from './thalamus.ts'

/** A caller over a bare socket, for what an HTTP client is too polite to send. */
export type Wire = {
  /** Resolves when the bytes have been handed to the network. */
  send(bytes: string | Uint8Array): Promise<void>
  /** The next whole reply, as soon as it is there. */
  reply(): Promise<Reply>
  /** What has come and was not yet taken as a reply. */
  heard(): string
  /** What `look` finds in what has come, as it grows. */
  until(text: string): Promise<void>
  /** Says that nothing more will come from here (FIN). */
  end(): void
  /** Leaves without a word (RST). */
  reset(): void
  /** Resolves when the connection is gone. */
  readonly closed: Promise<void>
}

export type Reply = {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

/** Opens a connection to where a URL points. Whoever opens it ends it. */
export async function wireTo(url: string): Promise<Wire> {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port) })
  let held: Buffer = Buffer.alloc(0)
  let over = false
  let grown = Promise.withResolvers<void>()
  const more = (): void => {
    grown.resolve()
    grown = Promise.withResolvers()
  }
  socket.on('data', (bytes: Buffer) => {
    held = Buffer.concat([held, bytes])
    more()
  })
  // A server that resets while we still send is one of the things to see here; `close` follows.
  socket.on('error', () => undefined)
  const closed = new Promise<void>(resolve => {
    socket.once('close', () => {
      over = true
      more()
      resolve()
    })
  })
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))

  async function wait(): Promise<void> {
    const heard = (): string => `Not what was awaited: ${held.toString().slice(0, 2000)}`
    if (over) throw new Error(`The connection is closed. ${heard()}`)
    await soon(grown.promise, heard)
  }

  return {
    send: bytes => new Promise(resolve => void socket.write(bytes, () => resolve())),
    async reply() {
      for (;;) {
        const found = parse(held, over)
        if (found) {
          held = held.subarray(found.size)
          return found.reply
        }
        await wait()
      }
    },
    heard: () => held.toString(),
    async until(text) {
      while (!held.includes(text)) await wait()
    },
    end: () => void socket.end(),
    reset: () => void socket.resetAndDestroy(),
    closed,
  }
}

type Found = { readonly reply: Reply; readonly size: number }

function parse(bytes: Buffer, over: boolean): Found | undefined {
  const end = bytes.indexOf('\r\n\r\n')
  if (end === -1) return undefined
  const [line = '', ...fields] = bytes.toString('latin1', 0, end).split('\r\n')
  const headers = new Map(fields.map(field => headerOf(field)))
  const status = Number(line.split(' ')[1])
  const found = bodyOf(bytes.subarray(end + 4), headers, over)
  return found && { reply: { status, headers, body: found.body }, size: end + 4 + found.size }
}

function headerOf(field: string): [string, string] {
  const colon = field.indexOf(':')
  return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()]
}

type Body = { readonly body: string; readonly size: number }

function bodyOf(bytes: Buffer, headers: ReadonlyMap<string, string>, over: boolean): Body | undefined {
  if (headers.get('transfer-encoding') === 'chunked') return unchunked(bytes)
  const length = headers.get('content-length')
  if (length === undefined) return over ? { body: bytes.toString(), size: bytes.length } : undefined
  const size = Number(length)
  return bytes.length < size ? undefined : { body: bytes.toString('utf8', 0, size), size }
}

function unchunked(bytes: Buffer): Body | undefined {
  const parts: Buffer[] = []
  let at = 0
  for (;;) {
    const line = bytes.indexOf('\r\n', at)
    if (line === -1) return undefined
    const size = Number.parseInt(bytes.toString('latin1', at, line), 16)
    const next = line + 2 + size + 2
    if (bytes.length < next) return undefined
    if (size === 0) return { body: Buffer.concat(parts).toString(), size: next }
    parts.push(bytes.subarray(line + 2, line + 2 + size))
    at = next
  }
}
