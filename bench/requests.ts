import { filler, MODEL } from './content.ts'
import type { Asked, Turn } from './dialects/dialect.ts'
import { openaiChat } from './dialects/openai-chat.ts'
import { KEY, type Peer } from './peers.ts'

/** A request made beforehand, head and body: its bytes are sent as they are, thousands of times. */
export function requestTo(peer: Peer, mockPort: number, ask: Ask): string {
  return requestText(ask.name ?? `${peer.provider}${ask.model}`, ask, peer.headers(mockPort))
}

/** The same request to the mock itself: what the way there costs without a gateway in it. */
export function requestDirect(ask: Ask): string {
  return requestText(ask.model, ask, [])
}

export type Ask = {
  /** As the mock hears it. */
  readonly model: string
  /** As the gateway hears it, where that is not a model of the one provider that all have. */
  readonly name?: string
  readonly stream: boolean
  /** About so many bytes of body. */
  readonly bytes: number
  /** OpenAI's chat if left out. */
  readonly in?: Asked
}

export const SMALL_JSON: Ask = { model: MODEL, stream: false, bytes: 300 }
export const SMALL_STREAM: Ask = { model: MODEL, stream: true, bytes: 300 }

function requestText(
  model: string,
  { in: dialect = openaiChat, stream, bytes }: Ask,
  extra: readonly string[],
): string {
  const body = JSON.stringify(dialect.body({ model, stream, turns: conversation(bytes - FRAME), maxTokens: 256 }))
  const head = [
    `POST ${dialect.path(model, stream)} HTTP/1.1`,
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
function conversation(bytes: number): readonly Turn[] {
  const turns = Math.max(1, Math.round(bytes / TURN))
  const spice = '\n"Größe", said she: '
  return Array.from({ length: turns }, (_, turn) => ({
    by: turn % 2 === 0 ? 'user' : 'model',
    text: spice + filler(Math.max(0, Math.floor(bytes / turns) - spice.length - 40)),
  }))
}
