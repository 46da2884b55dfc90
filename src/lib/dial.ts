import type { Clock } from './clock.ts'
import { originOf } from './http.ts'

/** Connects to where a URL points, by TLS if it says so, tells when that is decided, either way, and hangs up. The answer gives it up. */
export type Dial = (url: string, decided: () => void) => () => void

/** An origin that was reached so lately is not tried anew: its connections are kept. */
const freshMs = 30_000
const mostOrigins = 10_000

export type Dialing = {
  readonly clock: Clock
  readonly ms: number
  /** Called when nobody has accepted a connection after so long. */
  readonly late: () => void
}

/**
 * Bounds the time that a provider may take to accept a connection. `fetch` does not tell when it has connected, so a
 * connection of ours is opened beside it, to the same place, and hung up as soon as it stands, TLS included; and only where
 * nothing was reached for a while. A host that is gone, or that never answers the handshake, swallows both. The reply has
 * its own time.
 */
export class Dialer {
  readonly #dial: Dial
  readonly #reached = new Map<string, number>()

  constructor(dial: Dial = connect) {
    this.#dial = dial
  }

  /** Whether a host was reached so lately that it needs no watch. */
  reached(url: string, clock: Clock): boolean {
    const last = this.#reached.get(originOf(url))
    return last !== undefined && clock.now() - last < freshMs
  }

  /** The answer ends the watch: the request has been answered, so that the host was reached, or given up. */
  watch(url: string, { clock, ms, late }: Dialing): (answered: boolean) => void {
    const origin = originOf(url)
    const cancel = clock.after(ms, () => {
      hangUp()
      late()
    })
    const reached = (): void => {
      cancel()
      if (this.#reached.size < mostOrigins) this.#reached.set(origin, clock.now())
    }
    const hangUp = this.#dial(url, reached)
    return answered => {
      if (answered) reached()
      cancel()
      hangUp()
    }
  }
}

type Connection = { terminate(): void }

/** A refusal is an answer, too: the request itself tells of it. So is a certificate that is not believed: nothing is said here. */
function connect(url: string, decided: () => void): () => void {
  const { hostname, port, protocol } = new URL(url)
  const secure = protocol === 'https:'
  let open: Connection | undefined
  let over = false

  function hangUp(): void {
    over = true
    open?.terminate()
  }
  function decide(): void {
    if (!over) decided()
    hangUp()
  }
  const connecting = Bun.connect({
    hostname: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port) || (secure ? 443 : 80),
    ...(secure && { tls: { serverName: hostname, rejectUnauthorized: false } }),
    socket: {
      open(connection) {
        open = connection
        if (over || !secure) decide()
      },
      handshake: decide,
      close: decide,
      data: () => undefined,
      error: () => undefined,
    },
  })
  connecting.catch(decide)
  return hangUp
}
