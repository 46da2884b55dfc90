import { write, writeSync } from 'node:fs'
import type { Clock } from '../lib/clock.ts'

/**
 * Where bytes go. `write` may take fewer than it was given and says so to `done`; `writeNow` answers how many it took.
 * A full pipe is an error with the code EAGAIN: nothing was taken, ask again later.
 */
export type Outlet = {
  write(bytes: Uint8Array, done: (error: Error | null, written: number) => void): void
  writeNow(bytes: Uint8Array): number
}

export const outletOf = (fd: number): Outlet => ({
  write: (bytes, done) => write(fd, bytes, 0, bytes.length, null, (error, written) => done(error, written ?? 0)),
  writeNow: bytes => writeSync(fd, bytes),
})

export type Lines = {
  /** Takes a line, without its line break. Never waits and never throws: what has no room is dropped and told to `onDrop`. */
  add(line: string): void
  /** Writes what is left before it returns, for at most a second if the reader stalls. Lines added later are dropped. */
  close(): void
}

export type LinesOptions = {
  readonly outlet: Outlet
  readonly clock: Clock
  readonly onDrop: (lines: number) => void
  /** In bytes: so many are written at once, and so many may wait while the reader is slow. */
  readonly batch?: number
  readonly most?: number
}

/** What is being written. `busy` while the system has it, not while we wait for room. */
type Flight = { rest: Uint8Array; readonly lines: number; busy: boolean }

/** Lines as bytes, one after the other. */
type Page = { bytes: Uint8Array; size: number; lines: number }

const flushMs = 100
const busyMs = 10
const closeMs = 1_000

/**
 * Lines written in batches: at 32 KB or after 100 ms, one write at a time, so that neither a line nor a slow reader
 * holds up a request. Of its own because pino's writer (sonic-boom 4.2) never comes back from its last flush when the
 * reader has left, which is what Ctrl-C does to `thalamus | jq`, and costs 2.4 us a line where this costs 1.1. There are
 * two pages, one filled while the other is written: joining strings anew for each batch left 1 KB a line to collect.
 */
export function openLines({ outlet, clock, onDrop, batch = 32_768, most = 2 << 20 }: LinesOptions): Lines {
  let waiting = openPage(batch)
  let other = openPage(batch)
  let flight: Flight | undefined
  let cancel: (() => void) | undefined
  let closed = false

  function add(line: string): void {
    if (closed || waiting.size + line.length >= most) {
      onDrop(1)
      return
    }
    put(waiting, line)
    goOn()
  }

  function goOn(): void {
    if (flight !== undefined || waiting.size === 0) return
    if (waiting.size >= batch) send()
    else cancel ??= clock.after(flushMs, send)
  }

  function send(): void {
    cancel?.()
    cancel = undefined
    flight = { rest: filled(waiting), lines: waiting.lines, busy: false }
    ;[waiting, other] = [other, waiting]
    waiting.size = 0
    waiting.lines = 0
    push(flight)
  }

  function push(going: Flight): void {
    if (closed) return
    going.busy = true
    outlet.write(going.rest, (error, written) => {
      going.busy = false
      if (!closed) landed(going, error, written)
    })
  }

  function landed(going: Flight, error: Error | null, written: number): void {
    if (isBusy(error)) {
      clock.after(busyMs, () => push(going))
    } else if (error === null && written < going.rest.length) {
      going.rest = going.rest.subarray(written)
      push(going)
    } else {
      // The reader has left, or the disk is full: these lines are lost, the next ones are tried again.
      if (error !== null) onDrop(going.lines)
      flight = undefined
      goOn()
    }
  }

  function close(): void {
    if (closed) return
    closed = true
    cancel?.()
    // A write that is under way cannot be asked how far it got, only be given the moment it needs.
    if (flight?.busy === true) Bun.sleepSync(busyMs)
    const rest = flight === undefined || flight.busy ? new Uint8Array() : flight.rest
    writeAll(Buffer.concat([rest, filled(waiting)]))
  }

  function writeAll(bytes: Uint8Array): void {
    const deadline = clock.now() + closeMs
    let left = bytes
    while (left.length > 0) {
      try {
        left = left.subarray(outlet.writeNow(left))
      } catch (error) {
        if (!isBusy(error) || clock.now() >= deadline) break
        Bun.sleepSync(busyMs)
      }
    }
    if (left.length > 0) onDrop(countLines(left))
  }

  return { add, close }
}

const openPage = (batch: number): Page => ({ bytes: new Uint8Array(batch * 2), size: 0, lines: 0 })

const filled = ({ bytes, size }: Page): Uint8Array => bytes.subarray(0, size)

const encoder = new TextEncoder()
const lineBreak = 10

function put(page: Page, line: string): void {
  // UTF-8 takes at most three bytes for a unit of UTF-16.
  makeRoom(page, line.length * 3 + 1)
  page.size += encoder.encodeInto(line, page.bytes.subarray(page.size)).written
  page.bytes[page.size++] = lineBreak
  page.lines++
}

/** While a reader stalls, lines come on to the page that waits. */
function makeRoom(page: Page, more: number): void {
  if (page.size + more <= page.bytes.length) return
  const { bytes } = page
  page.bytes = new Uint8Array(Math.max(page.size + more, bytes.length * 2))
  page.bytes.set(bytes)
}

const isBusy = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'EAGAIN'

const countLines = (bytes: Uint8Array): number => bytes.reduce((lines, byte) => lines + (byte === lineBreak ? 1 : 0), 0)
