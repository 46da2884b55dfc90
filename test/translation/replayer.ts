import { rm } from 'node:fs/promises'
import { serve } from '../../src/cli/serve.ts'
import { configText, folderWith } from '../fakes/thalamus.ts'
import type { Exchange } from './exchanges.ts'

/** The relay in this process, with a provider for each dialect that answers what it is told to repeat. */
export type Replayer = {
  readonly url: string
  readonly key: string
  /** From now on the providers answer with this. Gives the model's name that leads there. */
  repeat(exchange: Exchange): string
  stop(): Promise<void>
}

const key = 'thal_replayer-caller-key-0001'

const dialects = [
  ['openai-chat', '/v1'],
  ['openai-responses', '/v1'],
  ['anthropic-messages', '/v1'],
  ['gemini-generate', '/v1beta'],
  ['bedrock-converse', ''],
  ['cohere-chat', '/v2'],
] as const

export async function startReplayer(): Promise<Replayer> {
  let current: Exchange | undefined
  const upstream = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch: () => {
      if (!current) return new Response('Nothing to repeat.', { status: 500 })
      const { status, contentType, headers, bytes } = current
      const errorType = headers['x-amzn-errortype']
      return new Response(new Uint8Array(bytes), {
        status,
        headers: { 'content-type': contentType, ...(errorType && { 'x-amzn-errortype': errorType }) },
      })
    },
  })
  const providers = Object.fromEntries(
    dialects.map(([dialect, path]) => [
      dialect,
      { dialect, base_url: `http://127.0.0.1:${upstream.port}${path}`, keys: ['env:PROVIDER_KEY'] },
    ]),
  )
  const config = {
    store: 'sqlite::memory:',
    log: { level: 'silent' },
    providers,
    keys: [{ name: 'replayer', secret: 'env:CALLER_KEY', models: ['*'] }],
  }
  const folder = await folderWith({ 'thalamus.yaml': configText(config) })
  const env = {
    CALLER_KEY: key,
    PROVIDER_KEY: 'sk-replayer-provider-0001',
    THALAMUS_ADMIN_TOKEN: 'thal_admin_replayer-0001',
  }
  const running = await serve({ path: undefined, cwd: folder, env, greet: () => undefined })
  return {
    url: running.url,
    key,
    repeat(exchange) {
      current = exchange
      return `${exchange.dialect}/recorded`
    },
    async stop() {
      await running.drain()
      await upstream.stop(true)
      await rm(folder, { recursive: true })
    },
  }
}
