import type { Clock } from '../../lib/clock.ts'
import type { Counters, Taken } from '../../ports/counters.ts'

/** A window is told in so many steps: what was taken within one step is remembered as one entry. */
const steps = 240

/** Memory answers at once. */
interface ImmediateCounters extends Counters {
  take(name: string, limit: number, windowMs: number): Taken
}

/** Beyond this many names at once, the one unused for longest is forgotten, although its window may not be over. */
const mostNames = 100_000

/**
 * Sliding windows in memory. Each name has a log of what was taken and when. Entries of one step share the time of
 * the last, so they leave together and never early: at most one step late, exact where requests are rarer than steps.
 */
export function memoryCounters(clock: Clock, most = mostNames): ImmediateCounters {
  // In the order of their last use, so that the idle ones are in front.
  const logs = new Map<string, Log>()

  return {
    take(name, limit, windowMs) {
      const now = clock.now()
      const key = `${windowMs}:${name}`
      const log = logs.get(key) ?? emptyLog(windowMs)
      logs.delete(key)
      dropIdle(logs, now, most)
      logs.set(key, log)
      forget(log, now)
      const ok = log.used < limit
      if (ok) remember(log, now)
      return taken(log, ok, limit, now)
    },
  }
}

/** Entries before `first` are over. `times` and `counts` go together. */
type Log = {
  readonly windowMs: number
  times: number[]
  counts: number[]
  first: number
  used: number
}

const emptyLog = (windowMs: number): Log => ({ windowMs, times: [], counts: [], first: 0, used: 0 })

const timeAt = (log: Log, entry: number): number => log.times[entry] ?? -Infinity

const lastTime = (log: Log): number => timeAt(log, log.times.length - 1)

function remember(log: Log, now: number): void {
  const last = log.times.length - 1
  const step = log.windowMs / steps
  if (last >= log.first && Math.floor(lastTime(log) / step) === Math.floor(now / step)) {
    log.times[last] = now
    log.counts[last] = (log.counts[last] ?? 0) + 1
  } else {
    log.times.push(now)
    log.counts.push(1)
  }
  log.used++
}

function forget(log: Log, now: number): void {
  while (log.first < log.times.length && timeAt(log, log.first) + log.windowMs <= now) {
    log.used -= log.counts[log.first] ?? 0
    log.first++
  }
  if (log.first > steps) compact(log)
}

/** Once a window at most, so that the cost of a `take` stays constant. */
function compact(log: Log): void {
  log.times = log.times.slice(log.first)
  log.counts = log.counts.slice(log.first)
  log.first = 0
}

function dropIdle(logs: Map<string, Log>, now: number, most: number): void {
  for (const [key, log] of logs) {
    if (logs.size < most && lastTime(log) + log.windowMs > now) return
    logs.delete(key)
  }
}

function taken(log: Log, ok: boolean, limit: number, now: number): Taken {
  return {
    ok,
    limit,
    remaining: Math.max(0, limit - log.used),
    retryAfterMs: until(freeFrom(log, limit, now), now),
    resetMs: until(lastTime(log) + log.windowMs, now),
  }
}

/** When less than `limit` will be in use. The loop takes a second turn only where the limit was lowered meanwhile. */
function freeFrom(log: Log, limit: number, now: number): number {
  if (log.used < limit) return now
  let used = log.used
  for (let entry = log.first; entry < log.times.length; entry++) {
    used -= log.counts[entry] ?? 0
    if (used < limit) return timeAt(log, entry) + log.windowMs
  }
  // A limit of nothing never frees; asking again a window later is as good as any moment.
  return now + log.windowMs
}

/** Whole milliseconds, rounded up: whoever waits that long is not refused for a fraction. */
const until = (moment: number, now: number): number => Math.max(0, Math.ceil(moment - now))
