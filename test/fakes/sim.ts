import { tmpdir } from 'node:os'
import type { SimStats } from '../../src/sim/sim.ts'
import { soon, spawn } from './thalamus.ts'

/** The simulated provider as a process of its own: it lives on when the relay dies, and may leave before it. */

export type SimProcess = {
  /** `http://127.0.0.1:PORT/v1`, as a provider's `base_url`. */
  readonly url: string
  readonly port: number
  stats(): Promise<SimStats>
  /** Breaks every connection and ends. Once is enough. */
  stop(): Promise<void>
}

export async function startSimProcess(): Promise<SimProcess> {
  const child = spawn(['simulate', '--port', '0'], tmpdir())
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM')
    await child.exited
  }
  try {
    const url = await soon(addressIn(child.stdout), () => 'The sim did not say where it listens.')
    const origin = new URL(url).origin
    const stats = async () => (await (await fetch(`${origin}/sim/stats`)).json()) as SimStats
    return { url, port: Number(new URL(url).port), stats, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function addressIn(stdout: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const bytes of stdout) {
    text += decoder.decode(bytes, { stream: true })
    const url = /http:\/\/\S+\/v1/.exec(text)?.[0]
    if (url !== undefined) return url
  }
  throw new Error(`The sim ended without listening: ${text}`)
}
