import type { Clock } from '../../lib/clock.ts'

/** How many tokens texts have, by OpenAI's vocabulary o200k: an estimate for every other model. */
export type TokenCounter = {
  /** Resolves with a rough count (four characters a token) where the exact one would take too long. Never rejects. */
  count(texts: readonly string[]): Promise<number>
  stop(): void
}

const longestWaitMs = 10_000
/** The vocabulary takes some 50 MB: it is let go when nobody has counted for a while. */
const idleMs = 60_000

type Waiting = {
  readonly texts: readonly string[]
  readonly resolve: (tokens: number) => void
  readonly cancel: () => void
}

/** Counts in a thread of its own, started when it is first needed. */
export function tokenCounter(clock: Clock): TokenCounter {
  const waiting = new Map<number, Waiting>()
  let worker: Worker | undefined
  let last = 0
  let cancelIdle = (): void => undefined

  function started(): Worker {
    if (worker) return worker
    worker = new Worker(new URL('./worker.ts', import.meta.url).href)
    worker.onmessage = ({ data }: MessageEvent<{ readonly id: number; readonly tokens: number }>) =>
      finish(data.id, data.tokens)
    worker.onerror = () => stop()
    worker.unref()
    return worker
  }

  function finish(id: number, tokens: number): void {
    const one = waiting.get(id)
    waiting.delete(id)
    one?.cancel()
    one?.resolve(tokens)
    if (waiting.size === 0) cancelIdle = clock.after(idleMs, stop)
  }

  /** Whoever still waits gets the rough count. */
  function stop(): void {
    cancelIdle()
    worker?.terminate()
    worker = undefined
    for (const [id, { texts }] of waiting) finish(id, roughly(texts))
    cancelIdle()
  }

  function count(texts: readonly string[]): Promise<number> {
    cancelIdle()
    const id = ++last
    return new Promise(resolve => {
      const cancel = clock.after(longestWaitMs, () => finish(id, roughly(texts)))
      waiting.set(id, { texts, resolve, cancel })
      started().postMessage({ id, texts })
    })
  }

  return { count, stop }
}

const roughly = (texts: readonly string[]): number =>
  Math.ceil(texts.reduce((characters, text) => characters + text.length, 0) / 4)
