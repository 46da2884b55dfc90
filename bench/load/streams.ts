import { clock, stampIn } from '../content.ts'
import { usage } from '../measure.ts'
import { openCaller } from './caller.ts'
import { judgeBy, type Sample } from './judge.ts'
import { onSchedule, quantiles } from './open.ts'

/**
 * Many slow streams at once. Says how long after the mock sent it each stream's first word came, what the gateway
 * held in memory at most, and whether every stream came to its end.
 */
export async function manyStreams(task: StreamsTask): Promise<StreamsResult> {
  const request = Buffer.from(task.request)
  const behind: number[] = []
  const asked: number[] = []
  const judge = judgeBy(task.sample)
  let unfinished = task.count
  let rssMb = 0

  function firstWord(sent: number, since: number): void {
    behind.push(clock() - sent)
    asked.push(performance.now() - since)
  }
  async function stream(): Promise<void> {
    const since = performance.now()
    const caller = await openCaller(task.port, {
      piece: untilStamped(sent => firstWord(sent, since)),
      reply: (reply, it) => {
        judge.see(reply)
        it.leave()
        unfinished -= 1
      },
      lost: () => fail('stream cut'),
    })
    caller.ask(request)
  }
  function fail(what: string): void {
    judge.miss(what)
    unfinished -= 1
  }

  await onSchedule(task.rate, task.count, () => {
    stream().catch(() => fail('not connected'))
  })
  while (unfinished > 0) {
    rssMb = Math.max(rssMb, usage(task.pid).rssMb)
    await Bun.sleep(100)
  }
  return { wrong: judge.wrong, rssMb, behind: quantiles(behind), asked: quantiles(asked) }
}

/** Reads on until it has met the stamp, in whatever pieces a gateway hands it on. */
function untilStamped(met: (sent: number) => void): (piece: Buffer) => void {
  let text: string | undefined = ''
  return piece => {
    if (text === undefined) return
    text += piece.toString('latin1')
    const sent = stampIn(text)
    if (sent === undefined) return
    text = undefined
    met(sent)
  }
}

export type StreamsTask = {
  readonly port: number
  readonly pid: number
  readonly request: string
  readonly sample: Sample
  readonly count: number
  readonly rate: number
}

export type StreamsResult = {
  readonly wrong: Readonly<Record<string, number>>
  readonly rssMb: number
  /** Milliseconds from the mock's sending of the first word to its arrival. */
  readonly behind: { readonly p50: number; readonly p99: number }
  /** Milliseconds from opening the connection to the first word. */
  readonly asked: { readonly p50: number; readonly p99: number }
}
