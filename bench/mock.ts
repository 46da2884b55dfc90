import type { Socket } from 'bun'
import { jsonReply, MODEL, paceOf, REPLY_BYTES, stampNow, streamEvents } from './answers.ts'
import { messageReader } from './http.ts'
import { type Outbox, outbox } from './outbox.ts'

/**
 * The provider behind every gateway: raw TCP, replies made beforehand, so that it costs a tenth of what it serves.
 * The model's name chooses the reply. `GET /mock/stats` tells how many streams it has open and had at most.
 */
type Line = { readonly feed: (bytes: Buffer) => void; readonly out: Outbox; readonly streams: Set<Paced> }
type Paced = { timer: Timer | undefined }

const stats = { requests: 0, streams: 0, peak: 0 }

const server = Bun.listen<Line | undefined>({
  hostname: '127.0.0.1',
  port: 0,
  data: undefined,
  socket: {
    open: socket => {
      socket.data = openLine(socket)
    },
    data: (socket, bytes) => socket.data?.feed(bytes),
    drain: socket => socket.data?.out.drain(),
    close: socket => closeLine(socket.data),
    error: socket => closeLine(socket.data),
  },
})

process.stdin.on('end', () => process.exit(0)).resume()
console.log(JSON.stringify({ port: server.port }))

function openLine(socket: Socket<Line | undefined>): Line {
  const line: Line = {
    feed: readRequests((head, body) => answer(line, head, body)),
    out: outbox(socket),
    streams: new Set(),
  }
  return line
}

function closeLine(line: Line | undefined): void {
  for (const paced of line?.streams ?? []) endStream(line, paced)
}

function readRequests(answered: (head: string, body: Buffer) => void): (bytes: Buffer) => void {
  let head = ''
  let pieces: Buffer[] = []
  return messageReader({
    head: text => {
      head = text
      pieces = []
    },
    body: piece => pieces.push(piece),
    end: () => answered(head, pieces.length === 1 ? (pieces[0] ?? EMPTY) : Buffer.concat(pieces)),
  })
}

const EMPTY = Buffer.alloc(0)

function answer(line: Line, head: string, body: Buffer): void {
  stats.requests += 1
  if (head.startsWith('POST ')) answerChat(line, body)
  else line.out.send(head.startsWith('GET /mock/stats') ? sized(takeStats()) : MODELS)
}

function answerChat(line: Line, body: Buffer): void {
  const model = modelIn(body)
  if (body.includes('"stream":true')) streamChat(line, paceOf(model), body.includes('"include_usage":true'))
  else line.out.send(JSON_REPLIES.get(model) ?? NO_MODEL)
}

function streamChat(line: Line, pace: number | undefined, withUsage: boolean): void {
  if (pace === undefined) sendAtOnce(line, withUsage)
  else sendPaced(line, pace, withUsage)
}

function modelIn(body: Buffer): string {
  const start = body.indexOf(MODEL)
  return start < 0 ? '' : body.toString('latin1', start, body.indexOf('"', start))
}

/** In two writes, as a provider's last events come: the second one a turn of the event loop later. */
function sendAtOnce(line: Line, withUsage: boolean): void {
  const [first, second] = withUsage ? HALVES_WITH_USAGE : HALVES
  line.out.send(first)
  setImmediate(() => line.out.send(second))
}

function sendPaced(line: Line, everyMs: number, withUsage: boolean): void {
  const [role = '', word = '', ...rest] = streamEvents(stampNow(), withUsage)
  const paced: Paced = { timer: undefined }
  line.streams.add(paced)
  stats.streams += 1
  stats.peak = Math.max(stats.peak, stats.streams)
  line.out.send(Buffer.from(STREAM_HEAD + chunk(role + word)))

  const events = rest.map(text => Buffer.from(chunk(text)))
  function step(place: number): void {
    const event = events[place]
    if (event === undefined) {
      line.out.send(LAST_CHUNK)
      endStream(line, paced)
      return
    }
    line.out.send(event)
    paced.timer = setTimeout(step, everyMs, place + 1)
  }
  paced.timer = setTimeout(step, everyMs, 0)
}

function endStream(line: Line | undefined, paced: Paced): void {
  if (line?.streams.delete(paced) !== true) return
  clearTimeout(paced.timer)
  stats.streams -= 1
}

function takeStats(): string {
  const text = JSON.stringify(stats)
  stats.peak = stats.streams
  return text
}

const STREAM_HEAD =
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\nx-request-id: req_bench\r\ntransfer-encoding: chunked\r\n\r\n'
const LAST_CHUNK = Buffer.from('0\r\n\r\n')

function chunk(text: string): string {
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`
}

function sized(body: string, status = '200 OK'): Buffer {
  const head = `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\nx-request-id: req_bench\r\n`
  return Buffer.from(`${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
}

function halves(withUsage: boolean): readonly [Buffer, Buffer] {
  const chunks = streamEvents('', withUsage).map(chunk)
  const first = STREAM_HEAD + chunks.slice(0, 10).join('')
  return [Buffer.from(first), Buffer.from(`${chunks.slice(10).join('')}0\r\n\r\n`)]
}

const HALVES = halves(false)
const HALVES_WITH_USAGE = halves(true)
const JSON_REPLIES = new Map(Object.entries(REPLY_BYTES).map(([model, bytes]) => [model, sized(jsonReply(bytes))]))
const NO_MODEL = sized(
  '{"error":{"message":"The mock knows no such model.","type":"invalid_request_error"}}',
  '404 Not Found',
)
const MODELS = sized(
  JSON.stringify({
    object: 'list',
    data: Object.keys(REPLY_BYTES).map(id => ({ id, object: 'model', created: 1_750_000_000, owned_by: 'bench' })),
  }),
)
