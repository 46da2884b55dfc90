/**
 * Reads HTTP/1.1 messages out of raw bytes, wherever they are cut. It is enough of the protocol for two ends that we
 * own: a body is sized, chunked or absent. A general client would cost more than the gateways that it measures.
 */
export function messageReader(sink: Sink): (bytes: Buffer) => void {
  let kept: Buffer | undefined
  let step: Step = 'head'
  let left = 0

  const next: Record<Step, (bytes: Buffer) => Buffer | undefined> = {
    head(bytes) {
      const end = bytes.indexOf('\r\n\r\n')
      if (end < 0) return undefined
      const head = bytes.toString('latin1', 0, end)
      left = sizeOf(head)
      step = left === CHUNKED ? 'size' : 'sized'
      sink.head(head)
      if (left === 0) finish()
      return bytes.subarray(end + 4)
    },
    sized(bytes) {
      const taken = Math.min(left, bytes.length)
      left -= taken
      sink.body(bytes.subarray(0, taken))
      if (left === 0) finish()
      return bytes.subarray(taken)
    },
    size(bytes) {
      const end = bytes.indexOf('\r\n')
      if (end < 0) return undefined
      const size = Number.parseInt(bytes.toString('latin1', 0, end), 16)
      step = size === 0 ? 'trailer' : 'chunk'
      left = size + 2
      return bytes.subarray(end + 2)
    },
    // The line break that follows a chunk counts as part of it, so that a cut inside it needs no state of its own.
    chunk(bytes) {
      const taken = Math.min(left, bytes.length)
      if (left > 2) sink.body(bytes.subarray(0, Math.min(left - 2, taken)))
      left -= taken
      if (left === 0) step = 'size'
      return bytes.subarray(taken)
    },
    trailer(bytes) {
      const end = bytes.indexOf('\r\n')
      if (end < 0) return undefined
      if (end === 0) finish()
      return bytes.subarray(end + 2)
    },
  }

  function finish(): void {
    step = 'head'
    sink.end()
  }

  return bytes => {
    let rest = kept === undefined ? bytes : Buffer.concat([kept, bytes])
    kept = undefined
    while (rest.length > 0) {
      const after = next[step](rest)
      if (after === undefined) {
        kept = rest
        return
      }
      rest = after
    }
  }
}

/** What a reader tells: a head, its body in pieces as they arrive, its end. */
export type Sink = {
  readonly head: (text: string) => void
  readonly body: (piece: Buffer) => void
  readonly end: () => void
}

type Step = 'head' | 'sized' | 'size' | 'chunk' | 'trailer'

const CHUNKED = -1

function sizeOf(head: string): number {
  const sized = /\r\ncontent-length: *(\d+)/i.exec(head)
  if (sized !== null) return Number(sized[1])
  return /\r\ntransfer-encoding: *chunked/i.test(head) ? CHUNKED : 0
}
