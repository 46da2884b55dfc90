import { systemClock } from './clock.ts'

/** One HTTP request to a provider. */
export type Wire = {
  /** POST if left out. */
  readonly method?: 'GET' | 'DELETE'
  readonly url: string
  readonly headers: Headers
  readonly body?: string | Uint8Array<ArrayBuffer>
  /** On no connection that is kept from an earlier request. */
  readonly afresh?: boolean
}

/** The head of a reply, and its body to be read once: whole, or read by read. */
export type Heard = {
  readonly status: number
  readonly contentType: string
  header(name: string): string | undefined
  /** The whole body, up to `most` bytes; more is refused with `too-large`. */
  whole(most: number): Promise<Uint8Array>
  /** The next bytes as the network brings them; undefined at the end. Asked for only when wanted. */
  read(): Promise<Uint8Array | undefined>
  /** Gives up what is left. The connection is closed if the body was not read to its end. */
  close(): void
}

/** Why a provider could not be heard. `stale`: most likely the request met a kept connection that was closed meanwhile. */
export type Unheard = 'refused' | 'no-such-host' | 'tls' | 'reset' | 'stale' | 'too-large' | 'left' | 'other'

export class NetworkError extends Error {
  override readonly name = 'NetworkError'
  readonly reason: Unheard

  constructor(reason: Unheard, cause?: unknown) {
    super(cause instanceof Error ? cause.message : reason, { cause })
    this.reason = reason
  }
}

const reasons: Readonly<Record<string, Unheard>> = {
  ECONNREFUSED: 'refused',
  ConnectionRefused: 'refused',
  ENOTFOUND: 'no-such-host',
  EPROTO: 'tls',
  ECONNRESET: 'reset',
  ConnectionClosed: 'reset',
  EPIPE: 'reset',
}

/** Origins that have answered before: only to them can a kept-alive connection exist that has meanwhile gone stale. */
const answered = new Set<string>()
const mostOrigins = 10_000

/**
 * A stale connection is reset by the first packet that we send on it, so within about one round trip. Whatever takes longer
 * has read the request, and may have worked on it.
 */
const staleWithinMs = 50

/**
 * Sends a request, once, and resolves with the head of the reply; rejects only with NetworkError. Redirects are not
 * followed: the request carries a key. A reset at once, on an origin that answered before, is what a stale kept-alive
 * connection looks like (5 of 300 when a provider closes just then; Bun 1.4.5 does not tell whether it used one). Nobody can
 * know that the request was not read, so whether it is sent once more is up to those who count: RFC 9110, 9.2.2.
 */
export async function send(wire: Wire, signal: AbortSignal): Promise<Heard> {
  const origin = originOf(wire.url)
  const began = systemClock.now()
  try {
    const response = await ask(wire, signal)
    remember(origin)
    return new Reply(response, signal)
  } catch (error) {
    const failure = networkError(error, signal)
    const kept = !wire.afresh && answered.has(origin)
    const stale = kept && failure.reason === 'reset' && systemClock.now() - began < staleWithinMs
    throw stale ? new NetworkError('stale', error) : failure
  }
}

/**
 * Opens a connection to where a URL points and keeps it for the next request there; nothing is asked. Where one is idle
 * already, nothing is done (measured on Bun 1.4.5).
 */
export const warm = (url: string): void => fetch.preconnect(url)

const ask = (wire: Wire, signal: AbortSignal): Promise<Response> =>
  fetch(wire.url, {
    method: wire.method ?? 'POST',
    headers: wire.headers,
    body: wire.body,
    signal,
    redirect: 'manual',
    keepalive: !wire.afresh,
    // The runtime's own limit of five minutes is off: our timers decide.
    timeout: false,
  } as RequestInit)

/** Scheme, host and port of a URL that names a path. */
export const originOf = (url: string): string => url.slice(0, url.indexOf('/', 8))

function remember(origin: string): void {
  if (answered.size < mostOrigins) answered.add(origin)
}

function networkError(error: unknown, signal: AbortSignal): NetworkError {
  if (error instanceof NetworkError) return error
  if (signal.aborted) return new NetworkError('left', error)
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return new NetworkError(reasons[code] ?? 'other', error)
}

/** One object without functions of its own: two thousand open streams hold two thousand of these. */
class Reply implements Heard {
  readonly status: number
  readonly contentType: string
  readonly #headers: Headers
  readonly #signal: AbortSignal
  /** Until its body is asked for. */
  #response: Response | undefined
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined

  constructor(response: Response, signal: AbortSignal) {
    this.#response = response
    this.#headers = response.headers
    this.#signal = signal
    this.status = response.status
    this.contentType = this.#headers.get('content-type') ?? ''
  }

  header(name: string): string | undefined {
    return this.#headers.get(name) ?? undefined
  }

  async whole(most: number): Promise<Uint8Array> {
    const response = this.#response
    if (!response || !fits(this.#headers, most)) return collect(this, most)
    try {
      return await response.bytes()
    } catch (error) {
      return this.#fail(error)
    }
  }

  read(): Promise<Uint8Array | undefined> {
    this.#reader ??= this.#response?.body?.getReader() as ReadableStreamDefaultReader<Uint8Array> | undefined
    this.#response = undefined
    return this.#reader?.read().then(bytesIn, error => this.#fail(error)) ?? Promise.resolve(undefined)
  }

  close(): void {
    // Whoever closes no longer cares how: a body that has already failed rejects here too.
    const gone = this.#reader ? this.#reader.cancel() : this.#response?.body?.cancel()
    gone?.catch(() => undefined)
  }

  #fail(error: unknown): never {
    throw networkError(error, this.#signal)
  }
}

const bytesIn = ({ value }: { readonly value?: Uint8Array | undefined }): Uint8Array | undefined => value

function fits(headers: Headers, most: number): boolean {
  const length = headers.get('content-length')
  return length !== null && Number(length) <= most
}

async function collect(reply: Heard, most: number): Promise<Uint8Array> {
  const reads: Uint8Array[] = []
  let bytes = 0
  try {
    for (let next = await reply.read(); next; next = await reply.read()) {
      bytes += next.length
      if (bytes > most) throw new NetworkError('too-large')
      reads.push(next)
    }
  } catch (error) {
    reply.close()
    throw error
  }
  return reads.length === 1 && reads[0] ? reads[0] : Buffer.concat(reads)
}
