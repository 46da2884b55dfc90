import { crc32 } from 'node:zlib'
import type { Dialect, Making, StreamWriter } from '../../src/dialects/dialect.ts'
import type { Delta, StopReason } from '../../src/model/delta.ts'
import { callerDialect, callers } from '../wire/dialects.ts'

/**
 * Providers of every dialect as they stream a reply: each frame by itself, so that a test may cut, stall or break between
 * or within them. Those of dialects that callers speak are told by their writers, whose order the state machines check;
 * Bedrock's and Cohere's are written here.
 */

export type Told = {
  readonly thoughts?: readonly string[]
  readonly texts: readonly string[]
  /** What follows the text: a tool that is called, a refusal, a signature. */
  readonly after?: readonly Delta[]
  readonly stop?: { readonly reason: StopReason; readonly sequence?: string }
  readonly usage?: { readonly input: number; readonly output: number } | undefined
}

export type Frames = {
  /** As the provider sends them. */
  readonly all: readonly Uint8Array[]
  /** So many frames until all is told but the end. */
  readonly spoken: number
  readonly contentType: string
}

export function framesOf(dialect: string, told: Told, how: { readonly array?: boolean } = {}): Frames {
  if (dialect === 'bedrock-converse') return converse(told)
  if (dialect === 'cohere-chat') return cohere(told)
  return written(callerDialect(dialect), told, how.array === true)
}

/** What the provider calls its reply: of another kind than the relay would. */
const ownId = (dialect: string): string => ids[dialect] ?? 'r-77'
const ids: Readonly<Record<string, string>> = {
  'openai-chat': 'chatcmpl-BxY7',
  'openai-responses': 'resp_68a1f00d',
  'anthropic-messages': 'msg_01Abc',
}

const deltasOf = ({ thoughts = [], texts, after = [], stop, usage }: Told, id: string) => {
  const at = thoughts.length > 0 ? 1 : 0
  const begun: Delta[] = [{ type: 'start', id, model: 'm-1', created: 1_700_000_000 }]
  const said: Delta[] = [
    ...thoughts.map((text): Delta => ({ type: 'reasoning', at: 0, text })),
    ...texts.map((text): Delta => ({ type: 'text', at, text })),
    ...after,
  ]
  const end: Delta[] = [
    { type: 'stop', reason: stop?.reason ?? 'end', ...(stop?.sequence ? { sequence: stop.sequence } : {}) },
    ...(usage ? [{ type: 'usage', usage: { ...usage, cacheRead: 0, cacheWrite: 0, reasoning: 0 } } as const] : []),
  ]
  return { begun, said, end }
}

function written(dialect: Dialect, told: Told, array: boolean): Frames {
  const making: Making = {
    id: 'upstream',
    created: 1_700_000_000,
    maker: 'p/m-1',
    call: { operation: 'chat', model: 'm-1', stream: true, wantsUsage: true, ...(array && { array }) },
    body: {},
  }
  const writer = renamed(dialect, dialect.stream.writer(making), making)
  const { begun, said, end } = deltasOf(told, ownId(dialect.id))
  const head = writer.write(begun)
  const spoken = said.map(delta => writer.write([delta]))
  const ending = [...end.map(delta => writer.write([delta])), writer.end()]
  const before = [head, ...spoken].filter(frame => frame.length > 0)
  return {
    all: [...before, ...ending.filter(frame => frame.length > 0)],
    spoken: before.length,
    contentType: array ? 'application/json' : 'text/event-stream',
  }
}

/** The ids of a provider's items are not made from a request of ours. */
function renamed({ id }: Dialect, writer: StreamWriter, making: Making): StreamWriter {
  if (id !== 'openai-responses') return writer
  const ours = new RegExp(`(msg|rs|fc)_${making.id}_`, 'g')
  const told = (bytes: Uint8Array): Uint8Array =>
    Buffer.from(
      Buffer.from(bytes)
        .toString()
        .replace(ours, '$1_0c0ffee')
        .replace(/resp_[\w-]{9,}/g, ownId(id)),
    )
  return {
    write: deltas => told(writer.write(deltas)),
    end: () => told(writer.end()),
    fail: (fault, requestId) => told(writer.fail(fault, requestId)),
  }
}

const stops: Readonly<Partial<Record<StopReason, readonly [string, string]>>> = {
  end: ['end_turn', 'COMPLETE'],
  length: ['max_tokens', 'MAX_TOKENS'],
  sequence: ['stop_sequence', 'STOP_SEQUENCE'],
  tools: ['tool_use', 'TOOL_CALL'],
}

const encoder = new TextEncoder()

function converse({ thoughts = [], texts, after = [], stop, usage }: Told): Frames {
  const at = thoughts.length > 0 ? 1 : 0
  const before = [
    message('messageStart', { role: 'assistant' }),
    ...thoughts.map(text =>
      message('contentBlockDelta', { contentBlockIndex: 0, delta: { reasoningContent: { text } } }),
    ),
    ...(at === 1 ? [message('contentBlockStop', { contentBlockIndex: 0 })] : []),
    ...texts.map(text => message('contentBlockDelta', { contentBlockIndex: at, delta: { text } })),
    ...after.flatMap(calledInConverse),
  ]
  const end = [
    message('contentBlockStop', { contentBlockIndex: at }),
    message('messageStop', { stopReason: stops[stop?.reason ?? 'end']?.[0] ?? 'end_turn' }),
    message('metadata', {
      ...(usage && {
        usage: { inputTokens: usage.input, outputTokens: usage.output, totalTokens: usage.input + usage.output },
      }),
      metrics: { latencyMs: 1 },
    }),
  ]
  return { all: [...before, ...end], spoken: before.length, contentType: 'application/vnd.amazon.eventstream' }
}

function calledInConverse(delta: Delta): Uint8Array[] {
  if (delta.type === 'tool')
    return [
      message('contentBlockStop', { contentBlockIndex: delta.at - 1 }),
      message('contentBlockStart', {
        contentBlockIndex: delta.at,
        start: { toolUse: { toolUseId: delta.id, name: delta.name } },
      }),
    ]
  if (delta.type === 'input')
    return [message('contentBlockDelta', { contentBlockIndex: delta.at, delta: { toolUse: { input: delta.text } } })]
  throw new Error(`Bedrock tells no ${delta.type} here.`)
}

/** An event of `application/vnd.amazon.eventstream`: lengths, headers, JSON, and their checksums. */
function message(type: string, body: object): Uint8Array {
  const headers = Buffer.concat([
    header(':event-type', type),
    header(':content-type', 'application/json'),
    header(':message-type', 'event'),
  ])
  const payload = Buffer.from(JSON.stringify(body))
  const bytes = Buffer.alloc(16 + headers.length + payload.length)
  bytes.writeUInt32BE(bytes.length, 0)
  bytes.writeUInt32BE(headers.length, 4)
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 8)), 8)
  headers.copy(bytes, 12)
  payload.copy(bytes, 12 + headers.length)
  bytes.writeUInt32BE(crc32(bytes.subarray(0, bytes.length - 4)), bytes.length - 4)
  return bytes
}

function header(name: string, value: string): Buffer {
  const size = Buffer.alloc(2)
  size.writeUInt16BE(Buffer.byteLength(value))
  return Buffer.concat([Buffer.of(Buffer.byteLength(name)), Buffer.from(name), Buffer.of(7), size, Buffer.from(value)])
}

function cohere({ thoughts = [], texts, after = [], stop, usage }: Told): Frames {
  const at = thoughts.length > 0 ? 1 : 0
  const event = (type: string, more: object): Uint8Array =>
    encoder.encode(`event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`)
  const block = (index: number, kind: 'text' | 'thinking', pieces: readonly string[]): Uint8Array[] => [
    event('content-start', { index, delta: { message: { content: { type: kind, [kind]: '' } } } }),
    ...pieces.map(piece => event('content-delta', { index, delta: { message: { content: { [kind]: piece } } } })),
  ]
  const before = [
    event('message-start', { id: 'c-1', delta: { message: { role: 'assistant', content: [], tool_calls: [] } } }),
    ...(at === 1 ? [...block(0, 'thinking', thoughts), event('content-end', { index: 0 })] : []),
    ...block(at, 'text', texts),
    ...after.map(delta => calledInCohere(delta, event)),
  ]
  const tokens = usage && {
    usage: { tokens: { input_tokens: usage.input, output_tokens: usage.output } },
  }
  const end = [
    event('content-end', { index: at }),
    event('message-end', { delta: { finish_reason: stops[stop?.reason ?? 'end']?.[1] ?? 'COMPLETE', ...tokens } }),
    encoder.encode('data: [DONE]\n\n'),
  ]
  return { all: [...before, ...end], spoken: before.length, contentType: 'text/event-stream' }
}

function calledInCohere(delta: Delta, event: (type: string, more: object) => Uint8Array): Uint8Array {
  if (delta.type === 'tool')
    return event('tool-call-start', {
      index: 0,
      delta: {
        message: { tool_calls: { id: delta.id, type: 'function', function: { name: delta.name, arguments: '' } } },
      },
    })
  if (delta.type === 'input')
    return event('tool-call-delta', {
      index: 0,
      delta: { message: { tool_calls: { function: { arguments: delta.text } } } },
    })
  throw new Error(`Cohere tells no ${delta.type} here.`)
}

export const speakers: readonly string[] = [...callers, 'bedrock-converse', 'cohere-chat']
