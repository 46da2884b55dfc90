import { startTool } from './children.ts'
import type { Task } from './load.ts'

/** The load, as one function from a task to its result. Tasks are given one after another, never at once. */
export async function startLoad(): Promise<Load> {
  const talk = converse('load.ts')
  return async <Result>(task: Task): Promise<Result> => {
    await talk.say(JSON.stringify(task))
    const late = Bun.sleep(PATIENCE_MS).then(() => ({ failed: `nothing after ${PATIENCE_MS / 1000} s` }))
    const result = (await Promise.race([talk.hear(), late])) as Result & { readonly failed?: string }
    if (result.failed !== undefined) throw new Error(`the load, doing '${task.type}': ${result.failed}`)
    return result
  }
}

/** The longest task takes half a minute; a gateway that never answers must not hold the run for ever. */
const PATIENCE_MS = 180_000

export type Load = <Result>(task: Task) => Promise<Result>

export async function startMock(): Promise<Mock> {
  const talk = converse('mock.ts')
  const { port } = (await talk.hear()) as { readonly port: number }
  return {
    port,
    stats: async () => (await fetch(`http://127.0.0.1:${port}/mock/stats`)).json() as Promise<MockStats>,
  }
}

export type Mock = { readonly port: number; readonly stats: () => Promise<MockStats> }

/** `streams` are open now, `peak` were open at most since the last look. */
export type MockStats = { readonly requests: number; readonly streams: number; readonly peak: number }

type Talk = { readonly hear: () => Promise<unknown>; readonly say: (text: string) => Promise<void> }

/** Starts one of our own scripts and speaks JSON with it, a line each way. */
function converse(script: string): Talk {
  const tool = startTool([`${import.meta.dir}/../bin/runtime`, `${import.meta.dir}/${script}`])
  const lines = linesOf(tool.stdout)
  return {
    hear: async () => {
      const line = await lines.next()
      if (line.done === true) throw new Error(`${script} ended unexpectedly`)
      return JSON.parse(line.value)
    },
    say: async text => {
      await tool.stdin.write(`${text}\n`)
      await tool.stdin.flush()
    },
  }
}

async function* linesOf(output: ReadableStream<Uint8Array>): AsyncGenerator<string, void> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const bytes of output) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
}
