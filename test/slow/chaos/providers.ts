import { join } from 'node:path'
import { soon } from '../../fakes/thalamus.ts'
import type { Asked } from '../../matrix/understudy.ts'
import type { Ask, Asks } from './asks.ts'

/** A provider that can be killed and started again at the same place. */
export type Provider = {
  readonly port: number
  /** Breaks off whatever it is saying. */
  kill(): Promise<void>
  start(): Promise<void>
  /** What it has not answered to the end. */
  asked(): Promise<readonly Asked[]>
}

const root = join(import.meta.dir, '../../..')

export async function startProvider(asks: Asks): Promise<Provider> {
  let life = await born(0, asks)
  const { port } = life
  return {
    port,
    async kill() {
      life.child.kill('SIGKILL')
      await life.child.exited
      // What it wrote while it lived counts.
      await life.read
      life.died()
    },
    async start() {
      life = await born(port, asks)
    },
    async asked() {
      return (await (await fetch(life.asked)).json()) as readonly Asked[]
    },
  }
}

async function born(port: number, asks: Asks) {
  const child = Bun.spawn([join(root, 'bin/runtime'), join(import.meta.dir, 'provider.ts'), `${port}`], {
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'inherit',
  })
  const listening = Promise.withResolvers<{ readonly port: number; readonly asked: string }>()
  const open = new Map<string, Ask>()
  const read = listen(child.stdout, line => {
    const [, at = '', asked = ''] = /^port (\d+) asked (\S+)$/.exec(line) ?? []
    if (asked !== '') return listening.resolve({ port: Number(at), asked })
    const [, what, nth = '', mark = '', does = ''] = /^(asked|over) (\d+)(?: (\d+) (.*))?$/.exec(line) ?? []
    if (what === 'asked') open.set(nth, asks.heard(Number(mark), does))
    else if (what === 'over') over(nth)
    else throw new Error(`The provider said: ${line}`)
  })
  const over = (nth: string): void => {
    open.get(nth)?.isOver(performance.now())
    open.delete(nth)
  }
  read.then(() => listening.reject(new Error('The provider ended without listening.')), listening.reject)
  const died = (): void => [...open.keys()].forEach(over)
  return { child, read, died, ...(await soon(listening.promise, () => 'The provider did not say where it listens.')) }
}

/** Whole lines: one that is killed may leave half of one. */
async function listen(stdout: ReadableStream<Uint8Array>, heard: (line: string) => void): Promise<void> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const bytes of stdout) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    lines.forEach(heard)
  }
}
