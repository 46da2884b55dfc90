import { rm } from 'node:fs/promises'
import { serve } from '../../src/cli/serve.ts'
import { ElementCutter } from '../../src/dialects/gemini-generate/elements.ts'
import { MessageCutter } from '../../src/lib/aws-event-stream.ts'
import { FrameCutter } from '../../src/lib/sse.ts'
import { type Explained, rowOf } from '../fakes/ledger.ts'
import { configText, folderWith, soon } from '../fakes/thalamus.ts'
import { head, type Script, scriptedUpstream } from '../fakes/upstream.ts'

/** The relay in this process, with a provider for each dialect, called by its name, whose every write is the test's own. */
export type Replay = {
  readonly url: string
  readonly key: string
  /** From now on the providers answer with these parts, each a write that is read before the next is made. */
  play(answer: Answer): void
  /** Asks the relay while the providers answer so. */
  ask(asked: Asked, answer: Answer): Promise<Told>
  row(id: string): Promise<Explained>
  /** The sizes of the reads in which the relay got the last reply, where it read it as a stream. */
  reads(): readonly number[]
  stop(): Promise<void>
}

export type Asked = { readonly path: string; readonly text: string }

export type Answer = {
  readonly status: number
  readonly contentType: string
  readonly headers: Readonly<Record<string, string>>
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

const callerKey = 'thal_replay-caller-key-0001'
const adminToken = 'thal_admin_replay-token-0001'

export async function startReplay(): Promise<Replay> {
  const upstream = await scriptedUpstream()
  const folder = await folderWith({ 'thalamus.yaml': configText(configFor(new URL(upstream.url).origin)) })
  const env = { CALLER_KEY: callerKey, PROVIDER_KEY: 'sk-replay-provider-0001', THALAMUS_ADMIN_TOKEN: adminToken }
  const running = await serve({ path: undefined, cwd: folder, env, greet: () => undefined })
  const counted = countReads()

  function play(answer: Answer): void {
    counted.clear()
    upstream.play(writing(answer, counted.atLeast))
  }

  async function ask({ path, text }: Asked, answer: Answer): Promise<Told> {
    play(answer)
    const response = await fetch(`${running.url}${path}`, {
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

  const row = (id: string): Promise<Explained> => rowOf({ adminUrl: running.adminUrl, adminToken }, id)
  return { url: running.url, key: callerKey, play, ask, row, reads: counted.sizes, stop }
}

/** What stands before the operation, by dialect. */
const bases = {
  'openai-chat': '/v1',
  'openai-responses': '/v1',
  'anthropic-messages': '/v1',
  'gemini-generate': '/v1beta',
  'bedrock-converse': '',
  'cohere-chat': '/v2',
}

/** Each recording is told once: no refusal makes another try, or has the target left alone. */
const configFor = (origin: string) => ({
  admin: { token: 'env:THALAMUS_ADMIN_TOKEN' },
  store: 'sqlite::memory:',
  log: { level: 'silent' },
  defaults: { retry: { attempts: 1 }, breaker: { min_requests: 1_000_000 } },
  providers: Object.fromEntries(
    Object.entries(bases).map(([dialect, base]) => [
      dialect,
      { dialect, base_url: `${origin}${base}`, keys: ['env:PROVIDER_KEY'], price: { input: 1, output: 2 } },
    ]),
  ),
  keys: [{ name: 'replay', secret: 'env:CALLER_KEY', models: ['*'] }],
})

/** Headers of a recording that tell what kind of reply it is; others tell of limits that are long past. */
const told: readonly string[] = ['x-amzn-errortype']

/** Each part is a chunk of its own (RFC 9112 section 7.1), so that the connection is kept for the next recording. */
const writing =
  ({ status, contentType, headers, parts }: Answer, read: (count: number) => Promise<void>): Script =>
  async ({ write }) => {
    const kept = Object.fromEntries(Object.entries(headers).filter(([name]) => told.includes(name)))
    const before = head({ status, headers: { ...kept, 'content-type': contentType, 'transfer-encoding': 'chunked' } })
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
  let sizes: number[] = []
  let grown = Promise.withResolvers<void>()
  const restores = [FrameCutter, ElementCutter, MessageCutter].map(({ prototype }) => {
    const { push } = prototype
    prototype.push = function counting(read) {
      sizes.push(read.length)
      grown.resolve()
      grown = Promise.withResolvers()
      return push.call(this, read)
    }
    return () => {
      prototype.push = push
    }
  })
  return {
    clear: () => {
      sizes = []
    },
    sizes: () => sizes,
    async atLeast(count) {
      while (sizes.length < count) await soon(grown.promise, () => `Only ${sizes.length} reads, not ${count}.`)
    },
    restore: () => {
      for (const restore of restores) restore()
    },
  }
}
