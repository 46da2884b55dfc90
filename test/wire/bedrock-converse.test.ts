import { describe, expect, test } from 'bun:test'
import { bedrockConverse } from '../../src/dialects/bedrock-converse/index.ts'
import { messagesIn } from '../../src/lib/aws-event-stream.ts'
import type { Answer } from '../../src/model/answer.ts'
import type { Delta } from '../../src/model/delta.ts'
import { fold, unfold } from '../../src/model/fold.ts'
import type { JsonObject } from '../../src/model/json.ts'
import { chatExchanges, type Exchange } from '../translation/exchanges.ts'
import { awsSchema } from './aws-schema.ts'
import { chatOf, settled } from './converse.ts'

/** Recorded exchanges with Bedrock: what was asked can be told, and what was answered is understood. */

const exchanges = chatExchanges().filter(each => each.dialect === bedrockConverse.id)
const named = (which: readonly Exchange[]): [string, Exchange][] => which.map(each => [each.id, each])
const maker = 'bedrock/m'

describe('a recorded request', () => {
  /** A profile whose model cannot be seen: nothing is known of it, and nothing is left out. */
  const model = 'arn:aws:bedrock:us-east-1:012345678901:application-inference-profile/a'
  const complaints = awsSchema()

  test.each(named(exchanges.filter(each => each.request)))('is told as it was: %s', (_, { request, streamed }) => {
    const aim = { provider: 'bedrock', model, quirks: {}, stream: streamed }
    const { body, lost } = bedrockConverse.request.compose(chatOf(request ?? {}), aim)
    expect(body).toEqual(settled(request ?? {}))
    expect(lost).toEqual([])
    expect(complaints?.('ConverseRequest', body) ?? []).toEqual([])
  })
})

/** What was said, added up by hand. */
function saidIn(answer: Answer) {
  const { usage, choices } = answer
  const parts = choices[0]?.parts ?? []
  return {
    text: parts.flatMap(part => (part.type === 'text' ? [part.text] : [])).join(''),
    thoughts: parts.flatMap(part => (part.type === 'reasoning' ? [part.text] : [])).join(''),
    signed: parts.filter(part => part.type === 'reasoning' && part.seal).length,
    calls: parts.flatMap(part => (part.type === 'tool-call' ? [[part.name, JSON.parse(part.input) as unknown]] : [])),
    opaque: parts.filter(part => part.type === 'opaque').length,
    citations: parts.flatMap(part => (part.type === 'text' ? (part.citations ?? []) : [])).length,
    stop: choices[0]?.stop?.raw,
    usage: usage && [usage.input, usage.cacheRead, usage.cacheWrite, usage.output],
  }
}

/** As far as it is added up here. */
type Block = {
  text?: string
  toolUse?: { readonly name: string; readonly type?: string; input?: unknown; pieces?: string }
  readonly toolResult?: object
  reasoningContent?: { readonly reasoningText?: { text: string } }
  readonly citationsContent?: {
    readonly content: readonly { readonly text: string }[]
    readonly citations: readonly object[]
  }
}
type Reply = {
  readonly output: { readonly message: { readonly content: readonly Block[] } }
  readonly stopReason: string
  readonly usage: Readonly<Record<string, number>>
}

const isServers = ({ toolUse, toolResult }: Block): boolean =>
  toolUse?.type === 'server_tool_use' || toolResult !== undefined

function saidByHand({ output, stopReason, usage }: Reply): ReturnType<typeof saidIn> {
  const blocks = output.message.content
  return {
    text: blocks
      .map(block => block.text ?? (block.citationsContent?.content ?? []).map(({ text }) => text).join(''))
      .join(''),
    thoughts: blocks.map(block => block.reasoningContent?.reasoningText?.text ?? '').join(''),
    signed: blocks.filter(block => block.reasoningContent).length,
    calls: blocks.flatMap(block =>
      block.toolUse && !isServers(block) ? [[block.toolUse.name, block.toolUse.input]] : [],
    ),
    opaque: blocks.filter(isServers).length,
    citations: blocks.flatMap(block => block.citationsContent?.citations ?? []).length,
    stop: stopReason,
    usage: ['inputTokens', 'cacheReadInputTokens', 'cacheWriteInputTokens', 'outputTokens'].map(
      name => usage[name] ?? 0,
    ),
  }
}

describe('a recorded reply', () => {
  const whole = exchanges.filter(each => each.status === 200 && !each.streamed)

  test.each(named(whole))('is understood: %s', (_, { bytes }) => {
    const wire = bytes.toString()
    const body = JSON.parse(wire) as JsonObject
    const answer = bedrockConverse.answer.read(body, wire, maker)
    expect(saidIn(answer)).toEqual(saidByHand(body as unknown as Reply))
    expect(fold(unfold(answer))).toEqual(answer)
  })
})

const streams = exchanges.filter(each => each.status === 200 && each.streamed)

/** The deltas of a stream, read in these pieces. */
function readIn(pieces: readonly Uint8Array[]): readonly Delta[] {
  const cutter = bedrockConverse.stream.cutter?.(false)
  const reader = bedrockConverse.stream.reader(maker)
  const frames = pieces.map(piece => cutter?.push(piece) ?? piece)
  return [...frames, cutter?.end() ?? new Uint8Array(0)]
    .filter(each => each.length > 0)
    .flatMap(each => reader.read(each))
}

type RecordedEvent = {
  readonly contentBlockIndex?: number
  readonly start?: Block
  readonly delta?: {
    readonly text?: string
    readonly toolUse?: { readonly input: string }
    readonly reasoningContent?: { readonly text?: string }
  }
  readonly stopReason?: string
  readonly usage?: Reply['usage']
}

/** The whole reply that a stream would have been. */
function wholeOf(bytes: Uint8Array): Reply {
  const blocks: Block[] = []
  let stopReason = ''
  let usage = {}
  for (const { payload } of messagesIn(bytes)) {
    const event = JSON.parse(Buffer.from(payload).toString()) as RecordedEvent
    stopReason = event.stopReason ?? stopReason
    usage = event.usage ?? usage
    if (event.contentBlockIndex === undefined) continue
    const block = blocks[event.contentBlockIndex] ?? {}
    blocks[event.contentBlockIndex] = Object.assign(block, event.start)
    if (event.delta) grow(block, event.delta)
  }
  for (const { toolUse } of blocks) if (toolUse) toolUse.input = JSON.parse(toolUse.pieces ?? '{}')
  return { output: { message: { content: blocks } }, stopReason, usage }
}

function grow(block: Block, { text, toolUse, reasoningContent }: NonNullable<RecordedEvent['delta']>): void {
  if (text !== undefined) block.text = (block.text ?? '') + text
  if (toolUse && block.toolUse) block.toolUse.pieces = `${block.toolUse.pieces ?? ''}${toolUse.input}`
  if (!reasoningContent) return
  const thought = block.reasoningContent?.reasoningText?.text ?? ''
  block.reasoningContent = { reasoningText: { text: thought + (reasoningContent.text ?? '') } }
}

describe('a recorded stream', () => {
  test.each(named(streams))('is understood: %s', (_, { bytes }) => {
    const deltas = readIn([bytes])
    expect(deltas.filter(delta => delta.type === 'fault')).toEqual([])
    expect(deltas.at(-1)).toEqual({ type: 'done' })
    expect(saidIn(fold(deltas))).toEqual(saidByHand(wholeOf(bytes)))
  })

  test.each(named(streams))('is understood byte by byte: %s', (_, { bytes }) => {
    expect(readIn(Array.from(bytes, byte => Uint8Array.of(byte)))).toEqual(readIn([bytes]))
  })

  test.each(named(streams))('is a fault where a bit of it is flipped: %s', (_, { bytes }) => {
    for (let at = 0; at < bytes.length; at += 97) {
      const damaged = Buffer.from(bytes)
      damaged.writeUInt8((bytes[at] ?? 0) ^ 4, at)
      const deltas = readIn([damaged])
      expect(deltas.at(-1)?.type).toBe('fault')
    }
  })
})

describe('a recorded refusal', () => {
  test.each(named(exchanges.filter(each => each.status >= 400)))('has a code and its words: %s', (_, exchange) => {
    const { status, contentType, bytes, headers } = exchange
    const fault = bedrockConverse.fault.read({
      provider: 'bedrock',
      status,
      contentType,
      retryAfterMs: undefined,
      body: bytes.toString(),
      header: name => headers[name],
    })
    const { message } = JSON.parse(bytes.toString()) as { readonly message: string }
    const missing = exchange.features.some(feature => ['error-404', 'error-model-not-found'].includes(feature))
    expect([fault.code, fault.message]).toEqual([
      missing ? 'model_not_found' : 'invalid_request',
      `bedrock answered ${status}: ${message}`,
    ])
  })
})

test.skipIf(exchanges.length === 0)('there are recordings of all kinds', () => {
  expect([streams.length, exchanges.length]).toEqual([7, 29])
})
