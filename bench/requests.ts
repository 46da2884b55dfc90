import { filler, MODEL } from './answers.ts'
import { KEY, type Peer } from './peers.ts'

/** A request made beforehand, head and body: its bytes are sent as they are, thousands of times. */
export function requestTo(peer: Peer, mockPort: number, ask: Ask): string {
  return requestText(`${peer.provider}${ask.model}`, ask, peer.headers(mockPort))
}

/** The same request to the mock itself: what the way there costs without a gateway in it. */
export function requestDirect(ask: Ask): string {
  return requestText(ask.model, ask, [])
}

export type Ask = {
  readonly model: string
  readonly stream: boolean
  /** About so many bytes of body. */
  readonly bytes: number
}

export const SMALL_JSON: Ask = { model: MODEL, stream: false, bytes: 300 }
export const SMALL_STREAM: Ask = { model: MODEL, stream: true, bytes: 300 }

function requestText(model: string, ask: Ask, extra: readonly string[]): string {
  const body = JSON.stringify({
    model,
    ...(ask.stream ? { stream: true } : {}),
    messages: conversation(ask.bytes - FRAME),
    max_tokens: 256,
  })
  const head = [
    'POST /v1/chat/completions HTTP/1.1',
    'host: 127.0.0.1',
    'content-type: application/json',
    `authorization: Bearer ${KEY}`,
    ...extra,
    `content-length: ${Buffer.byteLength(body)}`,
  ]
  return `${head.join('\r\n')}\r\n\r\n${body}`
}

/** What stands around the text of a message, about. */
const FRAME = 80
const TURN = 2000

/** Turns of two thousand characters, as a long chat is made, with the escapes and letters that prose has. */
function conversation(bytes: number): readonly object[] {
  const turns = Math.max(1, Math.round(bytes / TURN))
  const spice = '\n"Größe", said she: '
  return Array.from({ length: turns }, (_, turn) => ({
    role: turn % 2 === 0 ? 'user' : 'assistant',
    content: spice + filler(Math.max(0, Math.floor(bytes / turns) - spice.length - 40)),
  }))
}
