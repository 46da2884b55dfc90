import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../src/model/json.ts'
import { type Exchange, exchanges } from '../translation/exchanges.ts'
import type { Loose } from '../translation/recorded/loose.ts'
import { googleSchema } from './google-schema.ts'
import { type Asked, type Replay, startReplay, type Told } from './replay.ts'
import { openaiRequestSchema, openaiSchema } from './schemas.ts'

/**
 * Recorded embeddings through the running relay, to the callers of the other dialect: what the provider is sent and what the
 * caller is told are right by the published schemas, and have the recorded texts and numbers. Read by hand, not by our codecs.
 */

const recorded = exchanges().filter(({ operation }) => operation === 'embeddings')

let replay: Replay
beforeAll(async () => {
  replay = await startReplay()
})
afterAll(() => replay.stop())

type Hand = {
  /** The texts of a recorded request; undefined if there is more in it than texts. */
  readonly texts: (body: Loose) => readonly string[] | undefined
  readonly vectors: (body: Loose) => readonly (readonly number[])[]
  readonly tokens: (body: Loose) => number
}

const contentsOf = (body: Loose): Loose[] => (body.requests ?? [body]).map(({ content }: Loose) => content)
const textOf = (content: Loose): string | undefined =>
  content.parts.every((part: Loose) => typeof part.text === 'string')
    ? content.parts.map((part: Loose) => part.text).join('')
    : undefined

const byHand: Readonly<Record<string, Hand>> = {
  'openai-chat': {
    texts: ({ input }) => [input].flat(),
    vectors: ({ data }) => data.map(({ embedding }: Loose) => embedding),
    tokens: ({ usage }) => usage.prompt_tokens,
  },
  'gemini-generate': {
    texts: body => {
      const texts = contentsOf(body).map(textOf)
      return texts.every(text => text !== undefined) ? texts : undefined
    },
    vectors: ({ embedding, embeddings = [embedding] }) => embeddings.map(({ values }: Loose) => values),
    tokens: ({ usageMetadata }) => usageMetadata.promptTokenCount,
  },
  'cohere-chat': {
    texts: ({ texts }) => texts,
    vectors: ({ embeddings }) => embeddings.float,
    tokens: ({ meta }) => meta.billed_units.input_tokens,
  },
}

function handOf(dialect: string): Hand {
  const hand = byHand[dialect]
  if (!hand) throw new Error(`Nobody reads ${dialect}.`)
  return hand
}

const bodyOf = ({ bytes }: Exchange): Loose => JSON.parse(bytes.toString())

/** A caller's request for vectors of texts, in its dialect. Each recording is another model, so that none is left alone. */
const asking: Readonly<Record<string, (model: string, texts: readonly string[]) => Asked>> = {
  'openai-chat': (model, input) => ({ path: '/v1/embeddings', text: JSON.stringify({ model, input }) }),
  'gemini-generate': (model, texts) => ({
    path: `/v1beta/models/${model}:batchEmbedContents`,
    text: JSON.stringify({ requests: texts.map(text => ({ model, content: { parts: [{ text }] } })) }),
  }),
}

const callers = Object.keys(asking)

function ask(caller: string, exchange: Exchange, texts: readonly string[]): Promise<Told> {
  const asked = asking[caller]?.(`${exchange.dialect}/${exchange.id}`, texts)
  if (!asked) throw new Error(`Nobody asks in ${caller}.`)
  return replay.ask(asked, { ...exchange, parts: [exchange.bytes] })
}

const [openai, openaiRequest, google] = [openaiSchema(), openaiRequestSchema(), googleSchema()]

/** What is wrong with a text, by who reads it. Cohere publishes no schema. */
const wrongReply: Readonly<Record<string, (body: Loose) => readonly string[]>> = {
  'openai-chat': body => openai?.('CreateEmbeddingResponse', body) ?? [],
  'gemini-generate': body => google?.('BatchEmbedContentsResponse', body) ?? [],
}
const wrongRequest: Readonly<Record<string, (body: Loose) => readonly string[]>> = {
  'openai-chat': body => openaiRequest?.('CreateEmbeddingRequest', body) ?? [],
  'gemini-generate': body => google?.(body.requests ? 'BatchEmbedContentsRequest' : 'EmbedContentRequest', body) ?? [],
  'cohere-chat': () => [],
}

const others = (which: readonly Exchange[]): [string, string, Exchange][] =>
  callers.flatMap(caller =>
    which.filter(each => each.dialect !== caller).map((each): [string, string, Exchange] => [caller, each.id, each]),
  )

const isNumbers = (exchange: Exchange): boolean =>
  handOf(exchange.dialect).vectors(bodyOf(exchange)).every(Array.isArray)

const answered = recorded.filter(each => each.status === 200)
const readable = answered.filter(isNumbers)

describe('a recorded reply', () => {
  test.each(others(readable))('is told to a caller of %s: %s', async (caller, _, exchange) => {
    const hand = handOf(exchange.dialect)
    const body = bodyOf(exchange)
    const vectors = hand.vectors(body)
    const told = await ask(
      caller,
      exchange,
      vectors.map((__, i) => `text ${i}`),
    )
    expect(told.status).toBe(200)
    const reply = JSON.parse(told.bytes.toString()) as Loose
    expect(handOf(caller).vectors(reply)).toEqual(vectors)
    expect(handOf(caller).tokens(reply)).toBe(hand.tokens(body))
    expect(wrongReply[caller]?.(reply)).toEqual([])
    const row = await replay.row(told.id)
    expect(row).toMatchObject({ operation: 'embeddings', code: 'ok', usage: { input: hand.tokens(body), output: 0 } })
    expect(row.cost_usd).not.toBeNull()
  })

  test.each(others(answered.filter(each => !isNumbers(each))))(
    'in base64, which nobody asked for, is an error for a caller of %s: %s',
    async (caller, _, exchange) => {
      const told = await ask(caller, exchange, ['text'])
      expect([told.status, told.bytes.toString()]).toEqual([502, expect.stringContaining("'data[0].embedding'")])
    },
  )
})

describe('a recorded request', () => {
  const asked = recorded.filter(({ dialect, request }) => request && callers.includes(dialect))
  const pairs = Object.keys(byHand).flatMap(provider =>
    asked
      .filter(({ dialect }) => dialect !== provider)
      .map((each): [string, string, Exchange] => [provider, each.id, each]),
  )

  test.each(pairs)('is told to %s: %s', async (provider, id, { dialect, request = {} }) => {
    const { path, text } = asIs(dialect, `${provider}/${id}`, request)
    const answer = { status: 200, contentType: 'application/json', headers: {}, parts: [Buffer.from('{}')] }
    const { sent, status } = await replay.ask({ path, text }, answer)
    const texts = handOf(dialect).texts(request)
    // There is an image in it, which one of them cannot see; an empty text nobody can.
    if (texts?.includes('') || (!texts && provider === 'openai-chat')) expect(status).toBe(400)
    else {
      const body = JSON.parse(sent) as Loose
      expect(wrongRequest[provider]?.(body)).toEqual([])
      if (texts) expect(handOf(provider).texts(body)).toEqual(texts)
      else expect(sent).toContain('data:image/png;base64,')
    }
  })
})

function asIs(dialect: string, model: string, request: JsonObject): Asked {
  if (dialect === 'openai-chat') return { path: '/v1/embeddings', text: JSON.stringify({ ...request, model }) }
  const method = request.requests === undefined ? 'embedContent' : 'batchEmbedContents'
  return { path: `/v1beta/models/${model}:${method}`, text: JSON.stringify(request) }
}

describe('a recorded refusal', () => {
  test.each(others(recorded.filter(each => each.status >= 400)))(
    'is told to a caller of %s in its words: %s',
    async (caller, _, exchange) => {
      const told = await ask(caller, exchange, ['text'])
      const { error } = JSON.parse(told.bytes.toString()) as Loose
      expect(told.status).toBeGreaterThanOrEqual(400)
      expect(error.message).toContain(exchange.dialect)
      expect(error).toHaveProperty(caller === 'openai-chat' ? 'type' : 'status')
    },
  )
})

test.skipIf(recorded.length === 0)('there are recordings of all kinds', () => {
  const counts = Object.keys(byHand).map(dialect => recorded.filter(each => each.dialect === dialect).length)
  expect([counts, readable.length]).toEqual([[17, 3, 2], 8])
})
