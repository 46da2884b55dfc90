import { rm } from 'node:fs/promises'
import { serve } from '../../src/cli/serve.ts'
import { FrameCutter } from '../../src/lib/sse.ts'
import type { Operation } from '../../src/model/call.ts'
import { type Explained, rowOf } from '../fakes/ledger.ts'
import { configText, folderWith, soon } from '../fakes/thalamus.ts'
import { head, type Script, scriptedUpstream } from '../fakes/upstream.ts'

/** The relay in this process, with one provider called `replay` whose every write is the test's own. */
export type Replay = {
  /** Asks the relay while the provider answers with these parts, each a write that is read before the next is made. */
  ask(asked: Asked): Promise<Told>
  row(id: string): Promise<Explained>
  stop(): Promise<void>
}

export type Asked = {
  readonly operation: Operation
  readonly text: string
  readonly status: number
  readonly contentType: string
  readonly parts: readonly Uint8Array[]
}

export type Told = {
  readonly id: string
  readonly status: number
  readonly contentType: string
  readonly bytes: Buffer
  /** What the provider was sent. */
  readonly sent: string
  /** The sizes of the reads in which the relay got the reply, where it read it as a stream. */
  readonly reads: readonly number[]
}

const paths: Readonly<Record<Operation, string>> = {
  count_tokens: '/v1/messages/count_tokens',
  compact: '/v1/responses/compact',
  chat: '/v1/chat/completions',
  completions: '/v1/completions',
  embeddings: '/v1/embeddings',
}

const callerKey = 'thal_replay-caller-key-0001'
const adminToken = 'thal_admin_replay-token-0001'

export async function startReplay(): Promise<Replay> {
  const upstream = await scriptedUpstream()
  const folder = await folderWith({ 'thalamus.yaml': configText(configFor(upstream.url)) })
  const env = { CALLER_KEY: callerKey, PROVIDER_KEY: 'sk-replay-provider-0001', THALAMUS_ADMIN_TOKEN: adminToken }
  const running = await serve({ path: undefined, cwd: folder, env, greet: () => undefined })
  const counted = countReads()

  async function ask({ operation, text, ...answer }: Asked): Promise<Told> {
    counted.clear()
    upstream.play(writing(answer, counted.atLeast))
    const response = await fetch(`${running.url}${paths[operation]}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${callerKey}`, 'content-type': 'application/json' },
      body: text,
    })
    return {
      bytes: Buffer.from(await response.bytes()),
      id: response.headers.get('x-request-id') ?? '',
      status: response.status,
      contentType: response.headers.get('content-type') ?? '',
      sent: upstream.asked.at(-1)?.body ?? '',
      reads: counted.sizes(),
    }
  }

  async function stop(): Promise<void> {
    counted.restore()
    await running.drain()
    await upstream.stop()
    await rm(folder, { recursive: true })
  }

  return { ask, row: id => rowOf({ adminUrl: running.adminUrl, adminToken }, id), stop }
}

const configFor = (url: string) => ({
  admin: { token: 'env:THALAMUS_ADMIN_TOKEN' },
  store: 'sqlite::memory:',
  log: { level: 'silent' },
  providers: { replay: { base_url: url, keys: ['env:PROVIDER_KEY'], price: { input: 1, output: 2 } } },
  keys: [{ name: 'replay', secret: 'env:CALLER_KEY', models: ['*'] }],
})

type Answer = Pick<Asked, 'status' | 'contentType' | 'parts'>

/** Each part is a chunk of its own (RFC 9112 section 7.1), so that the connection is kept for the next recording. */
const writing =
  ({ status, contentType, parts }: Answer, read: (count: number) => Promise<void>): Script =>
  async ({ write }) => {
    const before = head({ status, headers: { 'content-type': contentType, 'transfer-encoding': 'chunked' } })
    for (const [i, part] of parts.entries()) {
      if (i > 0) await read(i)
      const chunk = [Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n')]
      await write(Buffer.concat(i === 0 ? [Buffer.from(before), ...chunk] : chunk))
    }
    await write('0\r\n\r\n')
  }

type Counted = {
  clear(): void
  sizes(): readonly number[]
  /** Resolves when so many reads have brought something. */
  atLeast(count: number): Promise<void>
  restore(): void
}

/**
 * Watches what the relay reads of streams. Two writes become two reads only if the second waits for the first to be
 * read, and nothing on the outside tells when that is.
 */
function countReads(): Counted {
  const original = FrameCutter.prototype.push
  let sizes: number[] = []
  let grown = Promise.withResolvers<void>()
  FrameCutter.prototype.push = function push(read) {
    sizes.push(read.length)
    grown.resolve()
    grown = Promise.withResolvers()
    return original.call(this, read)
  }
  return {
    clear: () => {
      sizes = []
    },
    sizes: () => sizes,
    async atLeast(count) {
      while (sizes.length < count) await soon(grown.promise, () => `Only ${sizes.length} reads, not ${count}.`)
    },
    restore: () => {
      FrameCutter.prototype.push = original
    },
  }
}
