/** Answers that are kept so that a later request can go on from them, ask for them again, or have them forgotten. */

import type { Json, JsonObject } from './json.ts'

export type Thread = {
  readonly response: JsonObject
  /** What was asked, with all that went before. */
  readonly input: readonly Json[]
  /** The answer is still being made, as far as the caller knows. */
  readonly waiting: boolean
}

/** As many as are kept; the oldest are forgotten first. */
const room = 1000

export function keepThread(threads: Map<string, Thread>, id: string, thread: Thread): void {
  threads.set(id, thread)
  for (const oldest of threads.keys()) {
    if (threads.size <= room) return
    threads.delete(oldest)
  }
}
