import { Sketch } from '../../lib/sketch.ts'
import { Window } from '../../lib/window.ts'
import type { Outcome, Quantiles, WindowReading } from '../../model/health.ts'

/** What went on at a place in the last minute and in the last five: how often it failed, and how fast it was. */
export class PlaceWindows {
  readonly #minute = new Window(60_000, 12, () => new Slice())
  readonly #fiveMinutes = new Window(300_000, 10, () => new Slice())

  add(outcome: Outcome, now: number): void {
    for (const window of [this.#minute, this.#fiveMinutes]) window.at(now).add(outcome)
  }

  /** Tries of the last minute that say something of the place, and those of them that did well. */
  share(now: number): { readonly well: number; readonly counted: number } {
    let well = 0
    let counted = 0
    for (const slice of this.#minute.last(now)) {
      well += slice.well
      counted += slice.well + slice.badly
    }
    return { well, counted }
  }

  minute(now: number): WindowReading {
    return readingOf(this.#minute, now)
  }

  fiveMinutes(now: number): WindowReading {
    return readingOf(this.#fiveMinutes, now)
  }
}

class Slice {
  well = 0
  badly = 0
  requests = 0
  readonly errors = new Map<string, number>()
  readonly latency = new Sketch()
  readonly firstToken = new Sketch()
  readonly tokensPerSecond = new Sketch()

  add({ failure, latencyMs, firstTokenMs, outputTokens }: Outcome): void {
    this.requests++
    if (failure) {
      this.errors.set(failure.kind, (this.errors.get(failure.kind) ?? 0) + 1)
      if (failure.counts) this.badly++
      return
    }
    this.well++
    if (latencyMs !== undefined) this.latency.add(latencyMs)
    if (firstTokenMs !== undefined) this.firstToken.add(firstTokenMs)
    const speed = speedOf(outputTokens, latencyMs, firstTokenMs)
    if (speed !== undefined) this.tokensPerSecond.add(speed)
  }

  clear(): void {
    this.well = 0
    this.badly = 0
    this.requests = 0
    this.errors.clear()
    for (const sketch of [this.latency, this.firstToken, this.tokensPerSecond]) sketch.clear()
  }
}

/** While it wrote: of a stream the wait for the first token does not count. A reply that came at once has no speed. */
function speedOf(tokens: number | undefined, latencyMs = 0, firstTokenMs = 0): number | undefined {
  const wroteMs = latencyMs - firstTokenMs
  return tokens && wroteMs >= 1 ? (tokens / wroteMs) * 1000 : undefined
}

function readingOf(window: Window<Slice>, now: number): WindowReading {
  const sum = new Slice()
  for (const slice of window.last(now)) {
    sum.requests += slice.requests
    for (const [kind, count] of slice.errors) sum.errors.set(kind, (sum.errors.get(kind) ?? 0) + count)
    sum.latency.merge(slice.latency)
    sum.firstToken.merge(slice.firstToken)
    sum.tokensPerSecond.merge(slice.tokensPerSecond)
  }
  return {
    requests: sum.requests,
    errors: Object.fromEntries(sum.errors),
    latency: quantilesOf(sum.latency),
    firstToken: quantilesOf(sum.firstToken),
    tokensPerSecond: quantilesOf(sum.tokensPerSecond),
  }
}

function quantilesOf(sketch: Sketch): Quantiles | undefined {
  const [p50, p90, p95, p99] = [0.5, 0.9, 0.95, 0.99].map(part => sketch.quantile(part))
  if (p50 === undefined || p90 === undefined || p95 === undefined || p99 === undefined) return undefined
  return { p50, p90, p95, p99 }
}
