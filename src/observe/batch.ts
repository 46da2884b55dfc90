import type { Clock } from '../lib/clock.ts'
import type { Record } from '../model/record.ts'
import type { Sink } from '../ports/sink.ts'

export type Batch = {
  readonly sink: Sink
  /** Tells the sinks what is waiting, now. */
  flush(): void
}

const most = 256
const afterMs = 50

/**
 * Tells sinks of many requests at once, a moment later: code that is run two hundred times in a row finds its memory warm,
 * which it does not between two network reads. Who reads the figures flushes first, so nobody sees the delay.
 */
export function batched(sinks: readonly Sink[], clock: Clock): Batch {
  let waiting: { readonly record: Record; readonly cause: unknown }[] = []
  let cancel: (() => void) | undefined

  function flush(): void {
    cancel?.()
    cancel = undefined
    const told = waiting
    waiting = []
    for (const sink of sinks) for (const { record, cause } of told) sink(record, cause)
  }

  return {
    sink: (record, cause) => {
      waiting.push({ record, cause })
      if (waiting.length >= most) flush()
      else cancel ??= clock.after(afterMs, flush)
    },
    flush,
  }
}
