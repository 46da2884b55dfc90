import type { Socket } from 'bun'

/** Sends everything through a socket: what the kernel does not take at once waits here until the socket drains. */
export function outbox<T>(socket: Socket<T>): Outbox {
  let waiting: Buffer[] = []

  function send(bytes: Buffer): void {
    if (waiting.length > 0) {
      waiting.push(bytes)
      return
    }
    const taken = socket.write(bytes)
    if (taken >= 0 && taken < bytes.length) waiting.push(bytes.subarray(taken))
  }

  function drain(): void {
    const again = waiting
    waiting = []
    for (const bytes of again) send(bytes)
  }

  return { send, drain }
}

export type Outbox = {
  readonly send: (bytes: Buffer) => void
  readonly drain: () => void
}
