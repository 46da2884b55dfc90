import type { Socket } from 'bun'
import { messageReader } from '../http.ts'
import { type Outbox, outbox } from '../outbox.ts'

/** One connection of the mock: what comes in, what goes out, and what is to be given up when it closes. */
export type Line = {
  readonly feed: (bytes: Buffer) => void
  readonly out: Outbox
  /** Runs when the connection is closed, unless it is taken out again. */
  readonly onClose: Set<() => void>
  /** Closes it at once, in the middle of whatever is being said. */
  readonly kill: () => void
}

export function openLine<T>(socket: Socket<T>, answered: (line: Line, head: string, body: Buffer) => void): Line {
  const line: Line = {
    feed: requestReader((head, body) => answered(line, head, body)),
    out: outbox(socket),
    onClose: new Set(),
    kill: () => socket.terminate(),
  }
  return line
}

export function closeLine(line: Line | undefined): void {
  for (const close of line?.onClose ?? []) close()
}

function requestReader(read: (head: string, body: Buffer) => void): (bytes: Buffer) => void {
  let head = ''
  let pieces: Buffer[] = []
  return messageReader({
    head: text => {
      head = text
      pieces = []
    },
    body: piece => pieces.push(piece),
    end: () => read(head, pieces.length === 1 ? (pieces[0] ?? EMPTY) : Buffer.concat(pieces)),
  })
}

const EMPTY = Buffer.alloc(0)
