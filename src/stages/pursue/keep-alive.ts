import type { Clock } from '../../lib/clock.ts'
import { Fault } from '../../model/fault.ts'
import type { Batch, Source, StreamSource } from '../../model/source.ts'

const comment: Batch = { bytes: new TextEncoder().encode(': keep-alive\n\n'), events: [] }

type Waiting = {
  readonly pursuit: Promise<Source>
  readonly everyMs: number
  readonly clock: Clock
  /** The caller's dialect. */
  readonly dialect: string
  /** Gives the pursuit up. */
  readonly leave: () => void
}

/**
 * A stream that begins before anybody has answered: a comment every so often until the first token is there, for what
 * stands between us and the caller and cuts what is silent. From then on a failure can only be told inside the stream.
 */
export async function keptAlive(waiting: Waiting): Promise<Source> {
  const { pursuit, everyMs, clock } = waiting
  const first = await Promise.race([pursuit, ring(clock, everyMs, pursuit)])
  return first ?? streamOf(waiting)
}

/** Resolves after so long, or never if what is waited for is there before: no bell is left behind. */
function ring(clock: Clock, ms: number, unless: Promise<unknown>): Promise<undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>()
  const cancel = clock.after(ms, () => resolve(undefined))
  unless.then(cancel, cancel)
  return promise
}

function streamOf({ pursuit, everyMs, clock, dialect, leave }: Waiting): StreamSource {
  let source: StreamSource | undefined
  let owed = true

  async function next(): Promise<Batch | undefined> {
    if (source) return source.next()
    if (owed) {
      owed = false
      return comment
    }
    const found = await Promise.race([pursuit, ring(clock, everyMs, pursuit)])
    if (!found) return comment
    if (found.type === 'whole') throw notAStream()
    source = found
    return source.next()
  }

  return {
    type: 'stream',
    dialect,
    next,
    fail: (fault, requestId) => source?.fail(fault, requestId),
    close: () => (source ? source.close() : leave()),
    drain: async () => (await source?.drain?.()) ?? [],
  }
}

const notAStream = (): Fault =>
  new Fault('upstream_failed', 'The provider answered a stream with one JSON text, after the stream had begun.')
