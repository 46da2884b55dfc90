import { openCaller } from './caller.ts'

/** So many clients that leave in the middle of a stream, a fixed number at a time, each on a connection of its own. */
export async function manyAborts(task: AbortsTask): Promise<AbortsResult> {
  const request = Buffer.from(task.request)
  const wrong: Record<string, number> = {}
  let unasked = task.count

  async function client(): Promise<void> {
    while (unasked > 0) {
      unasked -= 1
      const fault = await askAndLeave(task.port, request)
      if (fault !== undefined) wrong[fault] = (wrong[fault] ?? 0) + 1
    }
  }

  await Promise.all(Array.from({ length: task.connections }, client))
  return { wrong }
}

export type AbortsTask = {
  readonly port: number
  readonly request: string
  readonly connections: number
  readonly count: number
}

export type AbortsResult = { readonly wrong: Readonly<Record<string, number>> }

function askAndLeave(port: number, request: Buffer): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    openCaller(port, {
      first: (_, caller) => {
        caller.leave()
        resolve(undefined)
      },
      reply: reply => resolve(`status ${reply.status}, whole before it could be left`),
      lost: () => resolve('closed before its first word'),
    }).then(caller => caller.ask(request), reject)
  })
}
