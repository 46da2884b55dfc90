import { dlopen } from 'bun:ffi'
import { readdirSync, readFileSync } from 'node:fs'
import { setPriority } from 'node:os'
import type { Clock } from '../lib/clock.ts'
import type { InFlight } from './in-flight.ts'

const everyMs = 250
const crowd = 32

/** The threads of this process that work for the one that serves callers. */
export type Helpers = {
  /** Those that have come up since it was asked last, and make the runtime's machine code: no caller waits for it. */
  readonly compilers: () => readonly number[]
  /** Lets a thread have what others leave. */
  readonly lower: (thread: number) => void
  /** Those in which `fetch` talks to providers. Batched, one takes its turn instead of interrupting; else it interrupts. */
  readonly batch: (on: boolean) => void
}

/**
 * The threads that help to serve give way to the one that serves. The compilers always: after a start they have much to do,
 * and on one core a third of the first second went to them. The one that talks to providers while many requests are under
 * way: each time it interrupts, a core that both share is switched twice and has other things in its caches, and under load
 * that is once a request. Where a core is free they take it at once, as before; and where there is little to do, nothing
 * waits behind another process that keeps the core busy. The answer stops it.
 */
export function giveWay(inFlight: InFlight, clock: Clock, helpers: Helpers | null = linux()): () => void {
  if (!helpers) return () => undefined
  let crowded = false
  let cancel = clock.after(everyMs, look)
  helpers.compilers().forEach(helpers.lower)

  function look(): void {
    cancel = clock.after(everyMs, look)
    if (inFlight.count === 0 && !crowded) return
    helpers?.compilers().forEach(helpers.lower)
    if (crowded === inFlight.count >= crowd) return
    crowded = !crowded
    helpers?.batch(crowded)
  }

  return () => cancel()
}

/** Threads are known by their names there (Bun 1.4.5). */
const names = { compiler: 'JITWorker', client: 'HTTP Client' } as const

/** nice(1). */
const lowered = 15

/** sched(7): SCHED_OTHER and SCHED_BATCH. */
const policies = { other: 0, batch: 3 } as const

/** Null where there is no such thing. What a container forbids changes nothing. */
function linux(): Helpers | null {
  if (process.platform !== 'linux') return null
  let known: readonly number[] = []
  const schedule = libc()
  return {
    compilers() {
      const before = known
      known = threads(names.compiler)
      return known.filter(id => !before.includes(id))
    },
    lower(thread) {
      try {
        setPriority(thread, lowered)
      } catch {
        // It has ended, or may not be changed.
      }
    },
    batch: on =>
      threads(names.client).forEach(id => {
        schedule?.(id, on ? policies.batch : policies.other, new Int32Array(1))
      }),
  }
}

type Schedule = (thread: number, policy: number, parameters: Int32Array) => number

/** Nothing in the runtime sets a thread's policy. */
function libc(): Schedule | undefined {
  for (const name of ['libc.so.6', `libc.musl-${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}.so.1`]) {
    try {
      return dlopen(name, { sched_setscheduler: { args: ['i32', 'i32', 'ptr'], returns: 'i32' } }).symbols
        .sched_setscheduler as Schedule
    } catch {
      // Another C library, or none that may be opened.
    }
  }
  return undefined
}

const threads = (name: string): readonly number[] =>
  listed()
    .filter(id => nameOf(id).startsWith(name))
    .map(Number)

function listed(): readonly string[] {
  try {
    return readdirSync('/proc/self/task')
  } catch {
    // There need not be a /proc.
    return []
  }
}

function nameOf(thread: string): string {
  try {
    return readFileSync(`/proc/self/task/${thread}/comm`, 'utf8')
  } catch {
    // It has ended since it was listed.
    return ''
  }
}
