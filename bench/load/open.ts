import { type Caller, openCaller } from './caller.ts'
import { fetchSample, judgeBy, type Sample } from './judge.ts'

/**
 * Open loop: requests leave at a fixed rate whether or not earlier ones are answered, and each is timed from the
 * moment it was due, so that a gateway that stalls pays for every request that the stall delayed.
 */
export async function openLoop(task: OpenTask): Promise<OpenResult> {
  const request = Buffer.from(task.request)
  const sample = await fetchSample(task.port, request)
  const judge = judgeBy(sample)
  const latencies: number[] = []
  const dueBy = new Map<Caller, number>()
  const queue: number[] = []

  function settle(caller: Caller): void {
    const due = dueBy.get(caller)
    if (due !== undefined) latencies.push(performance.now() - due)
    dueBy.delete(caller)
    const next = queue.shift()
    if (next === undefined) idle.push(caller)
    else send(caller, next)
  }
  function send(caller: Caller, due: number): void {
    dueBy.set(caller, due)
    caller.ask(request)
  }
  function sendDue(due: number): void {
    const caller = idle.pop()
    if (caller === undefined) queue.push(due)
    else send(caller, due)
  }

  const idle = await Promise.all(
    Array.from({ length: task.connections }, () =>
      openCaller(task.port, {
        reply: (reply, caller) => {
          judge.see(reply)
          settle(caller)
        },
        lost: (caller, waiting) => {
          if (waiting) judge.miss('connection closed')
          idle.splice(0, idle.length, ...idle.filter(one => one !== caller))
          dueBy.delete(caller)
        },
      }),
    ),
  )

  const wanted = Math.round(task.rate * task.seconds)
  await onSchedule(task.rate, wanted, sendDue)
  const inTime = latencies.length
  await drained(() => dueBy.size + queue.length === 0)
  for (const due of [...dueBy.values(), ...queue]) latencies.push(performance.now() - due)
  const saturated = inTime < wanted * 0.95
  for (const caller of [...idle, ...dueBy.keys()]) caller.leave()
  return { sample, wrong: judge.wrong, saturated, ...quantiles(latencies) }
}

export type OpenTask = {
  readonly port: number
  readonly request: string
  readonly connections: number
  readonly rate: number
  readonly seconds: number
}

export type OpenResult = {
  readonly sample: Sample
  readonly wrong: Readonly<Record<string, number>>
  /** It did not keep up: what it was asked within the time was not answered within the time. */
  readonly saturated: boolean
} & Quantiles

/** Calls `act` at each due time with that time; a timer that fires late makes up for what it missed. */
export function onSchedule(rate: number, count: number, act: (due: number, place: number) => void): Promise<void> {
  const start = performance.now() + 5
  const dueOf = (place: number): number => start + (place * 1000) / rate
  return new Promise(resolve => {
    let place = 0
    function step(): void {
      while (place < count && dueOf(place) <= performance.now()) {
        act(dueOf(place), place)
        place += 1
      }
      if (place === count) resolve()
      else setTimeout(step, Math.max(0, dueOf(place) - performance.now()))
    }
    step()
  })
}

export type Quantiles = { readonly p50: number; readonly p95: number; readonly p99: number }

/** Exact quantiles: a few thousand numbers need no histogram. */
export function quantiles(values: readonly number[]): Quantiles {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) }
}

/** What a gateway that cannot keep up still owes is waited for, but not for ever: then it counts as old as it is. */
async function drained(isEmpty: () => boolean): Promise<void> {
  const deadline = performance.now() + 2000
  while (!isEmpty() && performance.now() < deadline) await Bun.sleep(2)
}
