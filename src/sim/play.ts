/** Plays a reply to the socket: no faster than the caller reads, no timer left when the caller has gone. */

import type { ServerResponse } from 'node:http'
import type { Reply, Step } from './steps.ts'

/** The caller on the other side of a response. Only one wait is under way at a time. */
export type Caller = {
  readonly gone: boolean
  /** The sim left, not the caller. */
  readonly broken: boolean
  /** Ends after so many milliseconds, or when the caller leaves. */
  pause(ms: number): Promise<void>
  /** Ends when there is room to write again, or when the caller leaves. */
  room(): Promise<void>
  /** Ends when the caller leaves. */
  leaving(): Promise<void>
  /** Breaks the connection from this side. */
  breakOff(how: 'reset' | 'close'): void
  /** To be told once: the connection or the response has ended. */
  leave(): void
}

export function callerOf(response: ServerResponse): Caller {
  let gone = false
  let broken = false
  let wake: () => void = () => undefined
  const until = (start: (ring: () => void) => () => void): Promise<void> =>
    gone
      ? Promise.resolve()
      : new Promise(resolve => {
          const stop = start(resolve)
          wake = () => {
            stop()
            resolve()
          }
        })
  return {
    get gone() {
      return gone
    },
    get broken() {
      return broken
    },
    pause: ms => until(ring => (ms === 0 ? nextTurn(ring) : timer(ring, ms))),
    room: () => until(ring => drain(response, ring)),
    leaving: () => until(() => () => undefined),
    breakOff: how => {
      broken = true
      if (how === 'reset') response.socket?.resetAndDestroy()
      else response.socket?.destroy()
    },
    leave: () => {
      gone = true
      wake()
    },
  }
}

function timer(ring: () => void, ms: number): () => void {
  const handle = setTimeout(ring, ms)
  return () => clearTimeout(handle)
}

function nextTurn(ring: () => void): () => void {
  const handle = setImmediate(ring)
  return () => clearImmediate(handle)
}

function drain(response: ServerResponse, ring: () => void): () => void {
  response.once('drain', ring)
  return () => response.off('drain', ring)
}

export async function play(response: ServerResponse, caller: Caller, reply: Reply): Promise<void> {
  switch (reply.type) {
    case 'silence':
      return caller.leaving()
    case 'reset':
      return caller.breakOff('reset')
    case 'whole':
      response.writeHead(reply.status, { ...reply.headers, 'content-length': Buffer.byteLength(reply.body) })
      response.end(reply.body)
      return
    case 'steps':
      response.writeHead(reply.status, reply.headers)
      if (reply.early) response.flushHeaders()
      return walk(response, caller, reply.steps)
  }
}

async function walk(response: ServerResponse, caller: Caller, steps: Iterable<Step>): Promise<void> {
  for (const step of steps) {
    switch (step.type) {
      case 'send':
        if (!response.write(step.bytes)) await caller.room()
        break
      case 'wait':
        await caller.pause(step.ms)
        break
      case 'hang':
        await caller.leaving()
        break
      case 'break':
        return caller.breakOff(step.how)
    }
    if (caller.gone) return
  }
  response.end()
}
