import type { Event } from './event.ts'
import type { Fault } from './fault.ts'

/** One network read of a streamed reply: whole frames, as they are to be handed on, and what they said. */
export type Batch = { readonly bytes: Uint8Array; readonly events: readonly Event[] }

/**
 * A reply that has begun. Before a Source exists trouble is thrown, and another target may be tried; from then on it
 * has to reach the caller inside the reply. `dialect` is the one that the bytes are in.
 */
export type Source = WholeSource | StreamSource

export type WholeSource = {
  readonly type: 'whole'
  readonly dialect: string
  readonly contentType: string
  readonly bytes: Uint8Array
  readonly events: readonly Event[]
}

export type StreamSource = {
  readonly type: 'stream'
  readonly dialect: string
  /** The next batch, read from the network when it is asked for; undefined at the end. Rejects with a Fault. */
  next(): Promise<Batch | undefined>
  /** How a failure is told inside this very stream; undefined where the dialect's plain frame will do. */
  fail(fault: Fault, requestId: string): Uint8Array | undefined
  /** Gives up what is left and lets the provider go. */
  close(): void
  /** What is left is heard to its end for what it says of its usage. Left out where that is not wanted. */
  drain?: (() => Promise<readonly Event[]>) | undefined
}

/** A stream with something of it done in another way. A source may be of any class, so its parts are asked and not copied. */
export const altered = (source: StreamSource, changes: Partial<StreamSource> = {}): StreamSource => ({
  type: 'stream',
  dialect: source.dialect,
  next: () => source.next(),
  fail: (fault, requestId) => source.fail(fault, requestId),
  close: () => source.close(),
  ...(source.drain && { drain: async () => (await source.drain?.()) ?? [] }),
  ...changes,
})
