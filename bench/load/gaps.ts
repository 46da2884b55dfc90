import { openCaller } from './caller.ts'
import { type Quantiles, quantiles } from './open.ts'

/**
 * Streams of which the longest silence is measured: how long a caller hears nothing between two words, after the first.
 * One whole body of each length is handed back, for the asker to read word by word.
 */
export async function gapsIn(task: GapsTask): Promise<GapsResult> {
  const request = Buffer.from(task.request)
  const gaps: number[] = []
  const firsts: number[] = []
  const bodies = new Map<number, string>()
  let unasked = task.count

  async function client(): Promise<void> {
    while (unasked > 0) {
      unasked -= 1
      const heard = await hear(task.port, request)
      gaps.push(heard.longest)
      firsts.push(heard.first)
      bodies.set(heard.body.length, heard.body)
    }
  }
  await Promise.all(Array.from({ length: task.connections }, client))
  return { gap: quantiles(gaps), first: quantiles(firsts), bodies: [...bodies.values()].slice(0, 20) }
}

export type GapsTask = {
  readonly port: number
  readonly request: string
  readonly connections: number
  readonly count: number
}

export type GapsResult = {
  /** The longest silence of a stream, in milliseconds. */
  readonly gap: Quantiles
  /** From asking to the first word. */
  readonly first: Quantiles
  readonly bodies: readonly string[]
}

type Heard = { readonly longest: number; readonly first: number; readonly body: string }

function hear(port: number, request: Buffer): Promise<Heard> {
  const asked = performance.now()
  const pieces: Buffer[] = []
  let first: number | undefined
  let last = asked
  let longest = 0

  function word(): void {
    const now = performance.now()
    if (first === undefined) first = now - asked
    else longest = Math.max(longest, now - last)
    last = now
  }
  return new Promise((resolve, reject) => {
    openCaller(port, {
      piece: piece => {
        pieces.push(piece)
        if (piece.includes(' word-')) word()
      },
      reply: (_, caller) => {
        caller.leave()
        resolve({ longest, first: first ?? 0, body: Buffer.concat(pieces).toString() })
      },
      lost: () => reject(new Error(`a stream was cut after: ${Buffer.concat(pieces).toString().slice(-300)}`)),
    }).then(caller => caller.ask(request), reject)
  })
}
