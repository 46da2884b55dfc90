import { describe, expect, test } from 'bun:test'
import { cohereChat } from '../../src/dialects/cohere-chat/index.ts'
import { FrameCutter } from '../../src/lib/sse.ts'
import type { Answer } from '../../src/model/answer.ts'
import type { Delta } from '../../src/model/delta.ts'
import { fold, unfold } from '../../src/model/fold.ts'
import type { JsonObject } from '../../src/model/json.ts'
import { chatExchanges, type Exchange } from '../translation/exchanges.ts'
import { chatOf, settled } from './cohere.ts'

/** Recorded exchanges with Cohere: what was asked can be told, and what was answered is understood. */

const exchanges = chatExchanges().filter(each => each.dialect === cohereChat.id)
const named = (which: readonly Exchange[]): [string, Exchange][] => which.map(each => [each.id, each])
const maker = 'cohere/m'

describe('a recorded request', () => {
  test.each(named(exchanges.filter(each => each.request)))('is told as it was: %s', (_, { request = {}, streamed }) => {
    const aim = { provider: 'cohere', model: 'command', quirks: {}, stream: streamed }
    const { body, lost } = cohereChat.request.compose(chatOf(request), aim)
    expect(body).toEqual({ ...settled(request), model: 'command' })
    expect(lost).toEqual([])
  })
})

/** What was said, added up by hand. */
function saidIn({ id, choices, usage }: Answer) {
  const parts = choices[0]?.parts ?? []
  const texts = parts.flatMap(part => (part.type === 'text' ? [part] : []))
  const thoughts = parts.flatMap(part => (part.type === 'reasoning' ? [part] : []))
  return {
    id,
    text: texts.map(({ text }) => text).join(''),
    cited: texts.flatMap(({ text, citations = [] }) =>
      citations.filter(({ seal }) => seal).map(({ start, end }) => text.slice(start, end)),
    ),
    plan: thoughts
      .filter(({ seal }) => seal)
      .map(({ text }) => text)
      .join(''),
    thoughts: thoughts
      .filter(({ seal }) => !seal)
      .map(({ text }) => text)
      .join(''),
    calls: parts.flatMap(part =>
      part.type === 'tool-call' ? [[part.id, part.name, JSON.parse(part.input) as unknown]] : [],
    ),
    stop: choices[0]?.stop?.raw,
    tokens: usage && [usage.input + usage.cacheRead, usage.cacheRead, usage.output + usage.reasoning],
  }
}

type Call = { id: string; function: { name: string; arguments: string } }
type Cited = { readonly text: string }
type Tokens = { readonly input_tokens: number; readonly image_tokens?: number; readonly output_tokens: number }
type Usage = { readonly tokens: Tokens; readonly cached_tokens?: number }
type Message = {
  readonly content?: readonly { readonly text?: string; readonly thinking?: string }[]
  readonly tool_plan?: string
  readonly tool_calls?: readonly Call[]
  readonly citations?: readonly Cited[]
}
type Reply = { readonly id: string; readonly message: Message; readonly finish_reason: string; readonly usage: Usage }

function saidByHand({ id, message, finish_reason: stop, usage }: Reply): ReturnType<typeof saidIn> {
  const { content = [], tool_plan: plan = '', tool_calls: calls = [], citations = [] } = message
  const { input_tokens: input, image_tokens: images = 0, output_tokens: output } = usage.tokens
  return {
    id,
    text: content.map(({ text = '' }) => text).join(''),
    cited: citations.map(({ text }) => text),
    plan,
    thoughts: content.map(({ thinking = '' }) => thinking).join(''),
    calls: calls.map(call => [call.id, call.function.name, JSON.parse(call.function.arguments || '{}') as unknown]),
    stop,
    tokens: [input + images, usage.cached_tokens ?? 0, output],
  }
}

describe('a recorded reply', () => {
  const whole = exchanges.filter(each => each.status === 200 && !each.streamed)

  test.each(named(whole))('is understood: %s', (_, { bytes }) => {
    const body = JSON.parse(bytes.toString()) as JsonObject
    const answer = cohereChat.answer.read(body, '', maker)
    expect(saidIn(answer)).toEqual(saidByHand(body as unknown as Reply))
    expect(fold(unfold(answer))).toEqual(answer)
  })
})

const streams = exchanges.filter(each => each.streamed)

/** The deltas of a stream, read in these pieces. */
function readIn(pieces: readonly Uint8Array[]): readonly Delta[] {
  const cutter = new FrameCutter()
  const reader = cohereChat.stream.reader(maker)
  return [...pieces.map(piece => cutter.push(piece)), cutter.end()].flatMap(frames => reader.read(frames))
}

type RecordedEvent = {
  readonly type: string
  readonly id?: string
  readonly index?: number
  readonly delta?: {
    readonly message?: {
      readonly content?: { readonly text?: string; readonly thinking?: string }
      readonly tool_plan?: string
      readonly tool_calls?: Call
      readonly citations?: Cited
    }
    readonly finish_reason?: string
    readonly usage?: Usage
  }
}

/** The whole reply that a stream would have been. */
function wholeOf(bytes: Buffer): Reply {
  const events = [...bytes.toString().matchAll(/^data: (\{.*)$/gm)].map(
    ([, json = '']) => JSON.parse(json) as RecordedEvent,
  )
  const messages = events.flatMap(({ type, delta }) =>
    type !== 'message-start' && delta?.message ? [delta.message] : [],
  )
  const calls: Call[] = []
  for (const { type, delta, index = 0 } of events) {
    const call = delta?.message?.tool_calls
    if (type === 'tool-call-start' && call) calls[index] = structuredClone(call)
    else if (type === 'tool-call-delta' && call && calls[index])
      calls[index].function.arguments += call.function.arguments
  }
  const end = events.find(({ type }) => type === 'message-end')?.delta
  return {
    id: events[0]?.id ?? '',
    message: {
      content: messages.flatMap(({ content }) => (content ? [content] : [])),
      tool_plan: messages.map(({ tool_plan: plan = '' }) => plan).join(''),
      tool_calls: calls,
      citations: messages.flatMap(({ citations }) => (citations ? [citations] : [])),
    },
    finish_reason: end?.finish_reason ?? '',
    usage: end?.usage ?? { tokens: { input_tokens: 0, output_tokens: 0 } },
  }
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
})

describe('a recorded refusal', () => {
  test.each(named(exchanges.filter(each => each.status >= 400)))(
    'has a code and its words: %s',
    (_, { status, contentType, bytes }) => {
      const body = bytes.toString()
      const fault = cohereChat.fault.read({ provider: 'cohere', status, contentType, retryAfterMs: undefined, body })
      const { message } = JSON.parse(body) as { readonly message: string }
      const code = status === 404 ? 'model_not_found' : 'upstream_failed'
      expect([fault.code, fault.message]).toEqual([code, `cohere answered ${status}: ${message}`])
    },
  )
})

test.skipIf(exchanges.length === 0)('there are recordings of all kinds', () => {
  expect([streams.length, exchanges.length]).toEqual([6, 18])
})
