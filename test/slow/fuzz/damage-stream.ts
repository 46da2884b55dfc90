import { eventMessage, messagesIn } from '../../../src/lib/aws-event-stream.ts'
import type { Json } from '../../../src/model/json.ts'
import type { Chance } from './chance.ts'
import { hurt } from './damage-json.ts'

/** The frames of a stream: Amazon's messages, or server-sent events with their blank lines. */
export function framesOf(bytes: Buffer, dialect: string): readonly Buffer[] {
  return dialect === 'bedrock-converse' ? amazonFrames(bytes) : sseFrames(bytes)
}

function amazonFrames(bytes: Buffer): readonly Buffer[] {
  const frames: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const end = at + bytes.readUInt32BE(at)
    frames.push(bytes.subarray(at, end))
    at = end
  }
  return frames
}

const sseFrames = (bytes: Buffer): readonly Buffer[] =>
  (bytes.toString('latin1').match(/[\s\S]*?(?:\r\n\r\n|\n\n|\r\r)|[\s\S]+$/g) ?? []).map(frame =>
    Buffer.from(frame, 'latin1'),
  )

/** Hurts a stream: frames that are left out, told twice or in another order, with other words in them, or cut to pieces. */
export function hurtStream(
  frames: readonly Buffer[],
  dialect: string,
  chance: Chance,
  others: readonly Buffer[],
): Buffer {
  let hurt = frames
  for (let times = chance.few(); times > 0 && hurt.length > 0; times--)
    hurt = chance.of(ways)(hurt, chance, dialect, others)
  return Buffer.concat(hurt)
}

type Way = (frames: readonly Buffer[], chance: Chance, dialect: string, others: readonly Buffer[]) => readonly Buffer[]

const ways: readonly Way[] = [
  (frames, chance) => frames.toSpliced(chance.below(frames.length), 1),
  (frames, chance) => frames.toSpliced(chance.below(frames.length), 1 + chance.below(frames.length)),
  (frames, chance) => frames.toSpliced(chance.below(frames.length), 0, chance.of(frames)),
  (frames, chance) => frames.slice(0, chance.below(frames.length)),
  swapped,
  retold,
  retold,
  retold,
  flipped,
  cut,
  (frames, chance, _, others) =>
    frames.toSpliced(chance.below(frames.length + 1), 0, chance.of([...others, ...strange])),
]

/** What has been seen between the frames of real streams. */
const strange: readonly Buffer[] = [
  ...[': keep-alive\n\n', 'data: \n\n', 'data: [DONE]\n\n', 'event: ping\ndata: {"type":"ping"}\n\n', 'data: null\n\n'],
  ...[
    'data: {}\n\n',
    'data: []\n\n',
    'id: 7\nretry: 10\n\n',
    '<html>502</html>\n\n',
    '{"error":{"message":"late"}}\n\n',
  ],
  ...[
    'data: {"error":{"message":"quota","code":429}}\n\n',
    'event: error\ndata: {"type":"error"}\n\n',
    '\r\n\r\n',
    '\ufeff',
  ],
].map(text => Buffer.from(text))

function swapped(frames: readonly Buffer[], chance: Chance): readonly Buffer[] {
  const [from, to] = [chance.below(frames.length), chance.below(frames.length)]
  return frames.toSpliced(from, 1).toSpliced(to, 0, ...frames.slice(from, from + 1))
}

/** A frame with another value somewhere in its JSON. */
function retold(
  frames: readonly Buffer[],
  chance: Chance,
  dialect: string,
  others: readonly Buffer[],
): readonly Buffer[] {
  const at = chance.below(frames.length)
  const frame = frames[at]
  const strangers = others.flatMap(each => jsonIn(each, dialect) ?? [])
  const json = frame && jsonIn(frame, dialect)
  if (!frame || json === undefined) return frames
  return frames.with(at, withJson(frame, dialect, hurt(json, chance, strangers)))
}

const dataLine = /^data: ?(.*)$/m

function jsonIn(frame: Buffer, dialect: string): Json | undefined {
  try {
    return JSON.parse(dialect === 'bedrock-converse' ? payloadIn(frame) : (dataLine.exec(frame.toString())?.[1] ?? ''))
  } catch {
    // `[DONE]`, a comment, or what was hurt before.
    return undefined
  }
}

const payloadIn = (frame: Buffer): string => Buffer.from([...messagesIn(frame)][0]?.payload ?? []).toString()

function withJson(frame: Buffer, dialect: string, json: Json): Buffer {
  const text = JSON.stringify(json)
  if (dialect !== 'bedrock-converse') return Buffer.from(frame.toString().replace(dataLine, () => `data: ${text}`))
  const [message] = messagesIn(frame)
  return Buffer.from(eventMessage(Object.fromEntries(message?.headers ?? []), text))
}

function flipped(frames: readonly Buffer[], chance: Chance): readonly Buffer[] {
  const at = chance.below(frames.length)
  const frame = Buffer.from(frames[at] ?? [])
  if (frame.length > 0) frame[chance.below(frame.length)] = chance.below(256)
  return frames.with(at, frame)
}

/** The rest of a frame is missing. */
function cut(frames: readonly Buffer[], chance: Chance): readonly Buffer[] {
  const at = chance.below(frames.length)
  const frame = frames[at] ?? Buffer.of()
  const rest = chance.oneIn(2) ? frames.slice(at + 1) : []
  return [...frames.slice(0, at), frame.subarray(0, chance.below(frame.length + 1)), ...rest]
}

/** The reads in which a stream comes. */
export function reads(bytes: Buffer, chance: Chance): readonly Uint8Array[] {
  const most = chance.of([1, 7, 60, 1500, bytes.length + 1])
  const pieces: Uint8Array[] = []
  // A stream of many bytes that come one by one would take most of the time, and tell no more than its beginning.
  for (let at = 0; at < bytes.length; ) {
    const size = at < 3000 || most > 60 ? 1 + chance.below(most) : 1500
    pieces.push(bytes.subarray(at, at + size))
    at += size
  }
  return pieces
}
