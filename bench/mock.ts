import type { Socket } from 'bun'
import { MODEL, TEXT_LENGTHS } from './content.ts'
import { sized } from './mock/http.ts'
import { closeLine, type Line, openLine } from './mock/line.ts'
import { mannerOf } from './mock/manners.ts'
import { play } from './mock/paced.ts'
import { REPLIES, type Replies } from './mock/replies.ts'

/**
 * The provider behind every gateway: raw TCP, replies made beforehand, so that it costs a tenth of what it serves. The
 * path chooses the dialect, the model's name what is said and how. `GET /mock/stats` tells how many streams it has open
 * and had at most.
 */
const stats = { requests: 0, streams: 0, peak: 0 }

const server = Bun.listen<Line | undefined>({
  hostname: '127.0.0.1',
  port: 0,
  data: undefined,
  socket: {
    open: (socket: Socket<Line | undefined>) => {
      socket.data = openLine(socket, answer)
    },
    data: (socket, bytes) => socket.data?.feed(bytes),
    drain: socket => socket.data?.out.drain(),
    close: socket => closeLine(socket.data),
    error: socket => closeLine(socket.data),
  },
})

process.stdin.on('end', () => process.exit(0)).resume()
console.log(JSON.stringify({ port: server.port }))

function answer(line: Line, head: string, body: Buffer): void {
  stats.requests += 1
  if (!head.startsWith('POST ')) {
    line.out.send(head.startsWith('GET /mock/stats') ? sized(takeStats()) : MODELS)
    return
  }
  const path = head.slice('POST '.length, head.indexOf(' ', 'POST '.length))
  const replies = REPLIES.find(({ spoken }) => spoken.answersAt(path))
  const model = modelIn(path) ?? modelIn(body.toString('latin1', 0, MOST_BEFORE_MODEL)) ?? modelIn(body.toString())
  if (replies === undefined || model === undefined) line.out.send(NOTHING_HERE)
  else say(line, replies, { path, body, model })
}

/** Most bodies begin with it: a long one is not searched to its end. */
const MOST_BEFORE_MODEL = 200

const modelIn = (text: string): string | undefined => NAME.exec(text)?.[0]
const NAME = new RegExp(`${MODEL}[\\w-]*`)

type Question = { readonly path: string; readonly body: Buffer; readonly model: string }

function say(line: Line, replies: Replies, { path, body, model }: Question): void {
  const { fails, delayMs, pace } = mannerOf(model, body)
  const usage = body.includes('"include_usage":true')
  if (fails) line.out.send(FAILURE)
  else if (!replies.spoken.streams(path, body)) sayWhole(line, replies.whole(model), delayMs?.())
  else if (pace === undefined) sayInHalves(line, replies.halves(usage))
  else {
    stats.streams += 1
    stats.peak = Math.max(stats.peak, stats.streams)
    play(line, replies.spoken, pace, usage, () => {
      stats.streams -= 1
    })
  }
}

function sayWhole(line: Line, reply: Buffer, delayMs: number | undefined): void {
  if (delayMs === undefined) {
    line.out.send(reply)
    return
  }
  const timer = setTimeout(() => {
    line.onClose.delete(stop)
    line.out.send(reply)
  }, delayMs)
  const stop = (): void => clearTimeout(timer)
  line.onClose.add(stop)
}

/** The second write a turn of the event loop later. */
function sayInHalves(line: Line, [first, second]: readonly [Buffer, Buffer]): void {
  line.out.send(first)
  setImmediate(() => line.out.send(second))
}

function takeStats(): string {
  const text = JSON.stringify(stats)
  stats.peak = stats.streams
  return text
}

const NOTHING_HERE = sized(
  '{"error":{"message":"The mock knows no such path, or no such model.","type":"invalid_request_error"}}',
  '404 Not Found',
)
const FAILURE = sized(
  '{"error":{"message":"The mock was asked to fail.","type":"server_error"}}',
  '503 Service Unavailable',
)
const MODELS = sized(
  JSON.stringify({
    object: 'list',
    data: Object.keys(TEXT_LENGTHS).map(id => ({ id, object: 'model', created: 1_750_000_000, owned_by: 'bench' })),
  }),
)
