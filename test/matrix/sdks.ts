import { type Client, clientsAt } from '../translation/clients.ts'
import type { Meaning } from '../translation/meaning.ts'
import type { Got } from './caller.ts'
import { markIn } from './understudy.ts'

/** The official SDKs, each told again what a caller was told. */
export type Sdks = {
  /** What the SDK of that dialect makes of it. Rejects as the SDK does. */
  understand(dialect: string, mark: string, stream: boolean, got: Got): Promise<Meaning>
  stop(): Promise<void>
}

export function startSdks(): Sdks {
  const held = new Map<string, Got>()
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    async fetch(request) {
      const got = held.get(markIn(`${request.url} ${await request.text()}`) ?? '')
      if (!got) return new Response('Nothing to repeat.', { status: 500 })
      const contentType = got.headers.get('content-type') ?? ''
      return new Response(got.bytes as Uint8Array<ArrayBuffer>, {
        status: got.status,
        headers: { 'content-type': contentType },
      })
    },
  })
  const clients = clientsAt(`http://127.0.0.1:${server.port}`, 'thal_any')
  return {
    async understand(dialect, mark, stream, got) {
      held.set(mark, got)
      try {
        return await clientOf(clients, dialect).ask({ model: mark, stream })
      } finally {
        held.delete(mark)
      }
    },
    stop: () => server.stop(true),
  }
}

function clientOf(clients: Readonly<Record<string, Client>>, dialect: string): Client {
  const client = clients[dialect]
  if (!client) throw new Error(`There is no SDK for ${dialect}.`)
  return client
}
