import { usage } from '../measure.ts'
import { type Caller, openCaller } from './caller.ts'
import { fetchSample, type Judge, judgeBy, type Sample } from './judge.ts'

/** Closed loop: each of a fixed number of connections asks again as soon as it is answered. Finds what fits in a core. */
export async function closedLoop(task: ClosedTask): Promise<ClosedResult> {
  const request = Buffer.from(task.request)
  const sample = await fetchSample(task.port, request)
  const judge = judgeBy(sample)
  const busy = await keepBusy(task, request, judge, Number.POSITIVE_INFINITY)

  await Bun.sleep(task.leadSeconds * 1000)
  const before = mark(task.pid, busy)
  await Bun.sleep(task.seconds * 1000)
  const after = mark(task.pid, busy)
  await busy.stop()

  const requests = after.answered - before.answered
  return {
    sample,
    wrong: judge.wrong,
    requests,
    cpuMicros: (after.cpuMicros - before.cpuMicros) / requests,
    perSecond: (requests * 1000) / (after.at - before.at),
  }
}

/** So many requests, as fast as they are answered. */
export async function countedLoop(task: CountedTask): Promise<CountedResult> {
  const request = Buffer.from(task.request)
  const sample = await fetchSample(task.port, request)
  const judge = judgeBy(sample)
  const busy = await keepBusy(task, request, judge, task.count)
  await busy.done
  return { sample, wrong: judge.wrong }
}

export type ClosedTask = {
  readonly port: number
  /** Whose processor time is read, with all its children. */
  readonly pid: number
  readonly request: string
  readonly connections: number
  readonly leadSeconds: number
  readonly seconds: number
}

export type ClosedResult = {
  readonly sample: Sample
  readonly wrong: Readonly<Record<string, number>>
  readonly requests: number
  readonly cpuMicros: number
  readonly perSecond: number
}

export type CountedTask = {
  readonly port: number
  readonly request: string
  readonly connections: number
  readonly count: number
}

export type CountedResult = { readonly sample: Sample; readonly wrong: Readonly<Record<string, number>> }

type Busy = { answered: number; readonly done: Promise<void>; readonly stop: () => Promise<void> }

async function keepBusy(
  task: { readonly port: number; readonly connections: number },
  request: Buffer,
  judge: Judge,
  most: number,
): Promise<Busy> {
  let unasked = most
  let working = task.connections
  const { promise: done, resolve } = Promise.withResolvers<void>()
  const stop = (): Promise<void> => {
    unasked = 0
    return done
  }
  const busy: Busy = { answered: 0, done, stop }

  function goOn(caller: Caller): void {
    unasked -= 1
    if (unasked >= 0) caller.ask(request)
    else {
      caller.leave()
      rest()
    }
  }
  function rest(): void {
    working -= 1
    if (working === 0) resolve()
  }

  const callers = await Promise.all(
    Array.from({ length: task.connections }, () =>
      openCaller(task.port, {
        reply: (reply, caller) => {
          busy.answered += 1
          judge.see(reply)
          goOn(caller)
        },
        lost: () => {
          judge.miss('connection closed')
          rest()
        },
      }),
    ),
  )
  for (const caller of callers) goOn(caller)
  return busy
}

function mark(pid: number, busy: Busy): { readonly answered: number; readonly cpuMicros: number; readonly at: number } {
  return { answered: busy.answered, cpuMicros: usage(pid).cpuMicros, at: performance.now() }
}
