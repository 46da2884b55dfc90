import { join } from 'node:path'
import { soon } from '../../fakes/thalamus.ts'

/** A provider that can be killed and started again at the same place. */
export type Provider = {
  readonly port: number
  /** Breaks off whatever it is saying. */
  kill(): Promise<void>
  start(): Promise<void>
  /** Streams that it is still sending; undefined while it is dead. */
  openStreams(): Promise<number | undefined>
}

const root = join(import.meta.dir, '../../..')

export async function startProvider(): Promise<Provider> {
  let life = await born(0)
  const { port } = life
  return {
    port,
    async kill() {
      life.child.kill('SIGKILL')
      await life.child.exited
    },
    async start() {
      life = await born(port)
    },
    async openStreams() {
      if (life.child.exitCode !== null || life.child.signalCode !== null) return undefined
      const stats = (await (await fetch(life.stats)).json()) as { readonly openStreams: number }
      return stats.openStreams
    },
  }
}

async function born(port: number) {
  const child = Bun.spawn([join(root, 'bin/runtime'), join(import.meta.dir, 'provider.ts'), `${port}`], {
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'inherit',
  })
  const said = await soon(firstLine(child.stdout), () => 'The provider did not say where it listens.')
  const [, at = '', stats = ''] = /^port (\d+) stats (\S+)$/.exec(said) ?? []
  if (stats === '') throw new Error(`The provider said: ${said}`)
  return { child, port: Number(at), stats }
}

async function firstLine(stdout: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const bytes of stdout) {
    text += decoder.decode(bytes, { stream: true })
    const end = text.indexOf('\n')
    if (end !== -1) return text.slice(0, end)
  }
  throw new Error(`The provider ended without listening: ${text}`)
}
