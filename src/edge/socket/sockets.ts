import type { Server, ServerWebSocket } from 'bun'
import type { Dialect } from '../../dialects/dialect.ts'
import { askedIn, wholeUrl } from '../../lib/asked.ts'
import { requestId } from '../../lib/id.ts'
import type { Fault } from '../../model/fault.ts'
import { type JsonObject, objectIn } from '../../model/json.ts'
import type { Door } from '../door.ts'
import { answer, refused } from '../http.ts'
import { type Place, placeAt } from '../table.ts'
import { Conversation } from './conversation.ts'

/** What is known of a socket: the request that opened it, the place where it was opened, and its conversation. */
export type Plug = {
  readonly request: Request
  readonly place: Place
  conversation?: Conversation
  /** Called when what was sent has drained, or the socket is closed. */
  relieve?: (() => void) | undefined
}

/** Sockets are opened where chat is asked for in a dialect that has them. */
const speaks = ({ kind, dialect, ...place }: Place): boolean =>
  kind === 'line' && 'address' in place && place.address.operation === 'chat' && dialect.id.startsWith('openai-')

/**
 * `GET /v1/chat/completions` and `GET /v1/responses`, upgraded: WebSocket in, the same line as HTTP behind it. Gives
 * `undefined` for a request that is no upgrade, and for one that has been upgraded (Bun answers that itself).
 */
export function sockets(door: Door, maxBody: number) {
  const open = new Set<Conversation>()

  async function upgrade(request: Request, server: Server<Plug>): Promise<Response | undefined> {
    const place = placeAt(askedIn(request.url)[0], '')
    if (!place || !speaks(place)) return answer(request, door)
    try {
      await door.rooms.authenticate(request)
    } catch (error) {
      return refused(error, door, place.dialect)
    }
    return server.upgrade(request, { data: { request, place } }) ? undefined : answer(request, door)
  }

  return {
    wanted: (request: Request): boolean =>
      request.method === 'GET' && request.headers.get('upgrade')?.toLowerCase() === 'websocket',
    upgrade,
    /** No more is heard: each socket is closed as soon as what was asked on it is answered. */
    leave(): void {
      for (const conversation of open) conversation.leave()
    },
    handlers: {
      // Typed by Bun: what `upgrade` gives along.
      data: {} as Plug,
      maxPayloadLength: maxBody,
      open: (socket: ServerWebSocket<Plug>) => {
        const conversation = new Conversation(lineOf(socket, door))
        socket.data.conversation = conversation
        open.add(conversation)
      },
      message: (socket: ServerWebSocket<Plug>, message: string | Buffer) =>
        socket.data.conversation?.hear(typeof message === 'string' ? message : message.toString()),
      drain: ({ data }: ServerWebSocket<Plug>) => data.relieve?.(),
      close: ({ data }: ServerWebSocket<Plug>) => {
        data.relieve?.()
        data.conversation?.close()
        if (data.conversation) open.delete(data.conversation)
      },
    },
  }
}

const lineOf = (socket: ServerWebSocket<Plug>, door: Door) => ({
  send: (text: string) => socket.send(text) > 0,
  drained: () =>
    new Promise<void>(resolve => {
      socket.data.relieve = resolve
    }),
  answer: async (body: string, signal: AbortSignal) => answer(asPost(socket.data.request, body, signal), door, true),
  tell: (fault: Fault) => {
    const { dialect } = socket.data.place
    return errorIn(dialect, fault.status, dialect.fault.write(fault, requestId()))
  },
  repeat: (status: number, body: string) => {
    const told = objectIn(body)
    return told ? errorIn(socket.data.place.dialect, status, told) : body
  },
  hangUp: () => socket.close(goingAway, 'The relay is going away: open a new connection.'),
  closing: (last: string) => closingIn(socket.data.place, last),
})

/** RFC 6455, section 7.4.1. */
const goingAway = 1001

/** The request that a message is: under the headers with which the socket was opened, but with an id of its own. */
function asPost(opening: Request, body: string, signal: AbortSignal): Request {
  const headers = new Headers(opening.headers)
  for (const name of ['x-request-id', 'content-length', 'idempotency-key', 'upgrade', 'connection'])
    headers.delete(name)
  headers.set('content-type', 'application/json')
  return new Request(wholeUrl(opening.url), { method: 'POST', headers, body, signal })
}

const closingMark = '[DONE]'

/** A chat ends with its mark, also where the provider left that out; an error ends it as well. Responses tell their end. */
function closingIn({ dialect }: Place, last: string): string | undefined {
  if (dialect.id !== 'openai-chat' || last === closingMark) return undefined
  return isSaid(objectIn(last)?.error) ? undefined : closingMark
}

const isSaid = (value: unknown): boolean => value !== undefined && value !== null

/** The events of Responses say of what type they are; chunks of a chat do not. */
const errorIn = ({ id }: Dialect, status: number, told: JsonObject): string =>
  JSON.stringify(id === 'openai-responses' ? { type: 'error', status, ...told } : told)
