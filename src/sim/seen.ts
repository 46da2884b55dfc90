/** What the sim has seen: counts of requests, and the last requests exactly as they came. */

import { isUtf8 } from 'node:buffer'

export type SimStats = {
  /** Requests that began. Each ends in exactly one of the three ways below, or is under way. */
  readonly begun: number
  /** The whole answer was handed over. */
  readonly finished: number
  /** The caller left first. */
  readonly aborted: number
  /** The sim broke the connection itself, as it was asked to. */
  readonly broken: number
  readonly inFlight: number
  /** Streams among those under way. */
  readonly openStreams: number
}

export type Received = {
  readonly method: string
  readonly path: string
  /** Names in lower case; a header that came twice is one value with a comma. */
  readonly headers: Readonly<Record<string, string>>
  /** Names as they were written, each followed by its value. */
  readonly rawHeaders: readonly string[]
  readonly body: Buffer
}

type Ending = 'finished' | 'aborted' | 'broken'

export type Seen = {
  readonly stats: SimStats
  /** A request has begun; the answer tells how it ended. */
  begin(): (ending: Ending) => void
  /** A stream has begun; the answer ends it. */
  openStream(): () => void
  keep(received: Received): void
  /** The requests that were kept, oldest first. */
  requests(): readonly object[]
  forget(): void
}

const mostKept = 100
/** Together, so that a hundred images do not fill the memory. */
const mostBytes = 32 * 1024 * 1024

export function watch(): Seen {
  const stats = { begun: 0, finished: 0, aborted: 0, broken: 0, inFlight: 0, openStreams: 0 }
  const kept: Received[] = []
  let bytes = 0
  return {
    stats,
    begin() {
      stats.begun++
      stats.inFlight++
      return ending => {
        stats.inFlight--
        stats[ending]++
      }
    },
    openStream() {
      stats.openStreams++
      return () => {
        stats.openStreams--
      }
    },
    keep(received) {
      kept.push(received)
      bytes += received.body.length
      while (kept.length > mostKept || (bytes > mostBytes && kept.length > 1)) bytes -= kept.shift()?.body.length ?? 0
    },
    requests: () => kept.map(shown),
    forget() {
      kept.length = 0
      bytes = 0
    },
  }
}

/** The body as text; bytes that are no text are kept in base64 as well. */
function shown({ body, ...rest }: Received): object {
  const exact = isUtf8(body) ? {} : { bodyBase64: body.toString('base64') }
  return { ...rest, body: body.toString('utf8'), ...exact }
}
