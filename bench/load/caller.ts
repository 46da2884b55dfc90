import type { Socket } from 'bun'
import { messageReader } from '../http.ts'
import { type Outbox, outbox } from '../outbox.ts'

/** One keep-alive connection of the load: sends a request made beforehand and tells when its reply is whole. */
export async function openCaller(port: number, on: CallerEvents): Promise<Caller> {
  const state: State = { status: 0, length: 0, waiting: false, left: false, out: undefined }
  let caller: Caller | undefined

  const feed = messageReader({
    head: text => {
      state.status = Number(text.slice(9, 12))
      state.length = 0
    },
    body: piece => {
      if (state.length === 0 && caller !== undefined) on.first?.(piece, caller)
      state.length += piece.length
      on.piece?.(piece)
    },
    end: () => {
      state.waiting = false
      if (caller !== undefined) on.reply({ status: state.status, length: state.length }, caller)
    },
  })

  function gone(): void {
    if (!state.left && caller !== undefined) on.lost(caller, state.waiting)
    state.left = true
  }

  const socket = await Bun.connect({
    hostname: '127.0.0.1',
    port,
    socket: {
      data: (_, bytes) => feed(bytes),
      drain: () => state.out?.drain(),
      close: gone,
      error: gone,
    },
  })
  caller = callerOf(socket, state)
  return caller
}

export type CallerEvents = {
  /** The first bytes of a reply's body. */
  readonly first?: (piece: Buffer, caller: Caller) => void
  /** Every piece of a reply's body, for who wants to keep it. */
  readonly piece?: (piece: Buffer) => void
  readonly reply: (reply: Reply, caller: Caller) => void
  /** The other side closed; `waiting` when a reply was still due. */
  readonly lost: (caller: Caller, waiting: boolean) => void
}

export type Reply = { readonly status: number; readonly length: number }

export type Caller = {
  readonly ask: (request: Buffer) => void
  /** Closes at once, whatever is under way, as a client that is no longer interested. */
  readonly leave: () => void
}

type State = { status: number; length: number; waiting: boolean; left: boolean; out: Outbox | undefined }

function callerOf(socket: Socket<undefined>, state: State): Caller {
  const out = outbox(socket)
  state.out = out
  return {
    ask: request => {
      state.waiting = true
      out.send(request)
    },
    leave: () => {
      state.left = true
      socket.terminate()
    },
  }
}
