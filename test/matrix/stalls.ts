/** Notices when the machine has something else to do: then timers ring late, and together. */
export type Stalls = {
  /** Whether it stood still at any moment between these two, on the clock of `performance.now`. */
  within(began: number, ended: number): boolean
  stop(): void
}

const everyMs = 50
/** Well below the shortest of the timers that are to ring. */
const stillMs = 200

export function watchStalls(): Stalls {
  const stalls: { readonly from: number; readonly to: number }[] = []
  let last = performance.now()
  const timer = setInterval(() => {
    const now = performance.now()
    if (now - last > everyMs + stillMs) stalls.push({ from: last, to: now })
    last = now
  }, everyMs)
  return {
    within: (began, ended) => stalls.some(({ from, to }) => from < ended && began < to),
    stop: () => clearInterval(timer),
  }
}
