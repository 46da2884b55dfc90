import { openCaller, type Reply } from './caller.ts'

/**
 * Keeps count of replies that are not as they should be. One whole reply is fetched first and handed back, for the
 * asker to read word by word; all others must have its status and its length.
 */
export async function fetchSample(port: number, request: Buffer): Promise<Sample> {
  const pieces: Buffer[] = []
  return new Promise((resolve, reject) => {
    openCaller(port, {
      piece: piece => pieces.push(piece),
      reply: (reply, caller) => {
        caller.leave()
        resolve({ ...reply, body: Buffer.concat(pieces).toString() })
      },
      lost: () => reject(new Error('the connection was closed before the first reply was whole')),
    }).then(caller => caller.ask(request), reject)
  })
}

export type Sample = Reply & { readonly body: string }

export function judgeBy(sample: Sample): Judge {
  const wrong: Record<string, number> = {}
  return {
    wrong,
    see: reply => {
      if (reply.status === 200 && reply.length === sample.length) return
      note(wrong, reply.status === 200 ? `${reply.length} bytes for ${sample.length}` : `status ${reply.status}`)
    },
    miss: what => note(wrong, what),
  }
}

export type Judge = {
  readonly wrong: Readonly<Record<string, number>>
  readonly see: (reply: Reply) => void
  readonly miss: (what: string) => void
}

function note(wrong: Record<string, number>, what: string): void {
  wrong[what] = (wrong[what] ?? 0) + 1
}
