import type { Clock } from '../../src/lib/clock.ts'

/** Time that stands still until a test moves it. */
export type FakeClock = Clock & {
  /** Moves time on, ringing what falls due in its order; each bell sees the moment that it was set for. */
  advance(ms: number): void
  /** How many bells are still to ring. */
  waiting(): number
}

type Bell = { readonly at: number; readonly ring: () => void }

export function fakeClock(wallAtStart = 1_800_000_000_000): FakeClock {
  const bells = new Set<Bell>()
  let now = 0

  function nextBy(end: number): Bell | undefined {
    let next: Bell | undefined
    // Strictly earlier, so that of two bells for one moment the one set first rings first.
    for (const bell of bells) if (bell.at <= end && (!next || bell.at < next.at)) next = bell
    return next
  }

  return {
    now: () => now,
    wall: () => wallAtStart + now,
    after(ms, ring) {
      const bell = { at: now + Math.max(0, ms), ring }
      bells.add(bell)
      return () => bells.delete(bell)
    },
    advance(ms) {
      const end = now + ms
      for (let bell = nextBy(end); bell; bell = nextBy(end)) {
        bells.delete(bell)
        now = bell.at
        bell.ring()
      }
      now = end
    },
    waiting: () => bells.size,
  }
}
