import { type Event, eventsOf, type Heard, type Tongue, tongues, type Wire } from '../fakes/tongues.ts'

/** Where callers ask, how, and how each would understand what it is told. */
export type Endpoint = {
  readonly name: string
  readonly tongue: Tongue
  /** The dialects of the providers that it is tried with. */
  readonly reaches: readonly string[]
  /** Whole replies, streams, or both. */
  readonly forms: readonly boolean[]
  /** How a stream travels. */
  readonly carried: 'events' | 'array' | 'messages'
  /** The path, where it is not the tongue's. */
  readonly path?: (model: string, stream: boolean) => string
  /** The model that answers there when all is well. */
  readonly model: string
  /** It is a talk, in which tools can be called. */
  readonly calls: boolean
  /** The text of a right reply to this one. */
  readonly right: (said: string) => string
  /** Where no provider answers, we answer ourselves, as well as we can. */
  readonly alone?: true
  /** The dialect whose official SDK asks there. */
  readonly sdk?: string
}

export const dialects = tongues.map(({ id }) => id)

const [chat, responses, anthropic, gemini] = tongues as readonly [Tongue, Tongue, Tongue, Tongue]

const both = [false, true]
const itself = (said: string): string => said

const talk = (name: string, tongue: Tongue, more: Partial<Endpoint> = {}): Endpoint => ({
  name,
  tongue,
  reaches: dialects,
  forms: both,
  carried: 'events',
  model: 'echo',
  calls: true,
  right: itself,
  ...more,
})

const main = (tongue: Tongue): Endpoint => talk(tongue.id, tongue, { sdk: tongue.id })

/** Only told to a provider of its own dialect. */
const native = (name: string, tongue: Tongue, more: Partial<Endpoint> = {}): Endpoint =>
  talk(name, tongue, { reaches: [tongue.id], calls: false, ...more })

const completions: Tongue = {
  ...chat,
  path: () => '/v1/completions',
  body: (model, stream, { said: prompt = '' }) => ({
    model,
    prompt,
    ...(stream ? { stream, stream_options: { include_usage: true } } : {}),
  }),
  read: ({ choices: [{ text, finish_reason }], usage }) => spoken(text, finish_reason, usage?.completion_tokens),
  hear(events) {
    const chunks = events.filter(({ data }) => data !== '[DONE]').map(({ data }) => JSON.parse(data) as Wire)
    const choices = chunks.flatMap(chunk => chunk.choices)
    const finish = choices.findLast(choice => choice.finish_reason)?.finish_reason
    return spoken(
      choices.map(choice => choice.text).join(''),
      finish,
      chunks.findLast(each => each.usage)?.usage.completion_tokens,
    )
  },
}

const spoken = (text: string, finish: unknown, completion: number | undefined): Heard => ({
  text,
  thinking: '',
  calls: [],
  finish,
  prompt: undefined,
  cached: 0,
  completion,
})

/** A reply that is no talk: a number that is the same for everybody who asks. */
const numbers = (
  tongue: Tongue,
  path: Tongue['path'],
  body: Tongue['body'],
  read: (reply: Wire) => unknown,
): Tongue => ({
  ...tongue,
  path,
  body,
  read: reply => spoken(String(read(reply)), 'stop', undefined),
})

const dimensions = 8
const embeddings = numbers(
  chat,
  () => '/v1/embeddings',
  (model, _, { said: input }) => ({ model, input, dimensions }),
  ({ data }) => data[0].embedding.length,
)
const embedContent = numbers(
  gemini,
  model => `/v1beta/models/${model}:embedContent`,
  (_, __, { said: text }) => ({ content: { parts: [{ text }] }, outputDimensionality: dimensions }),
  ({ embedding }) => embedding.values.length,
)

const isCount = (count: unknown): boolean => Number.isInteger(count) && Number(count) > 0
const anthropicCount = numbers(
  anthropic,
  () => '/v1/messages/count_tokens',
  (model, stream, wish) => ({ ...anthropic.body(model, stream, wish), max_tokens: undefined }),
  ({ input_tokens }) => isCount(input_tokens),
)
const geminiCount = numbers(
  gemini,
  model => `/v1beta/models/${model}:countTokens`,
  (model, stream, wish) => ({ ...gemini.body(model, stream, wish), generationConfig: undefined }),
  ({ totalTokens }) => isCount(totalTokens),
)
const responsesCount = numbers(
  responses,
  () => '/v1/responses/input_tokens',
  responses.body,
  ({ input_tokens }) => isCount(input_tokens),
)

const numbered = (name: string, tongue: Tongue, right: string, more: Partial<Endpoint>): Endpoint =>
  native(name, tongue, { forms: [false], right: () => right, ...more })

const vector = { model: 'embed', reaches: [chat.id, gemini.id, 'cohere-chat'] } as const
const counting = { alone: true } as const

const arrayPath = (model: string): string => `/v1beta/models/${model}:streamGenerateContent`

export const endpoints: readonly Endpoint[] = [
  main(chat),
  main(responses),
  main(anthropic),
  main(gemini),
  talk('gemini-generate, as an array', gemini, {
    forms: [true],
    carried: 'array',
    path: arrayPath,
    reaches: [gemini.id, anthropic.id],
  }),
  talk('openai-chat, by WebSocket', chat, { forms: [true], carried: 'messages', reaches: [chat.id, 'cohere-chat'] }),
  talk('openai-responses, by WebSocket', responses, {
    forms: [true],
    carried: 'messages',
    reaches: [responses.id, 'bedrock-converse'],
  }),
  native('/v1/completions', completions),
  numbered('/v1/embeddings', embeddings, `${dimensions}`, vector),
  numbered(':embedContent', embedContent, `${dimensions}`, vector),
  numbered('/v1/messages/count_tokens', anthropicCount, 'true', counting),
  numbered(':countTokens', geminiCount, 'true', counting),
  numbered('/v1/responses/input_tokens', responsesCount, 'true', counting),
]

/** What a caller makes of a reply. */
export type Reading = {
  readonly heard: Heard | undefined
  /** The sentence of the error that it ends with, or is. */
  readonly error: string | undefined
  /** Something in it cannot be read. */
  readonly garbage: boolean
}

/** A reply that came whole. */
export function readWhole({ tongue }: Endpoint, bytes: Uint8Array): Reading {
  const body = parsed(new TextDecoder().decode(bytes))
  if (body === undefined) return { heard: undefined, error: undefined, garbage: true }
  const error = tongue.fault(body)
  return { heard: error === undefined ? attempted(() => tongue.read(body)) : undefined, error, garbage: false }
}

/** A stream, from its bytes. */
export function readStream({ tongue, carried }: Endpoint, bytes: Uint8Array): Reading {
  if (carried === 'array') return readArray(tongue, bytes)
  return carried === 'messages' ? readEvents(tongue, messagesIn(bytes)) : readEvents(tongue, eventsOf(tongue, bytes))
}

/** As they are kept here: one a line. */
export const messageMark = '\u001e'

const messagesIn = (bytes: Uint8Array): readonly Event[] =>
  new TextDecoder()
    .decode(bytes)
    .split(messageMark)
    .filter(data => data !== '')
    .map(data => ({ event: '', data }))

function readArray(tongue: Tongue, bytes: Uint8Array): Reading {
  const chunks = parsed(new TextDecoder().decode(bytes))
  if (!Array.isArray(chunks)) return { heard: undefined, error: undefined, garbage: true }
  return readEvents(
    tongue,
    chunks.map(chunk => ({ event: '', data: JSON.stringify(chunk) })),
  )
}

/** Whoever meets an error reads no further. */
function readEvents(tongue: Tongue, events: readonly Event[]): Reading {
  const read = events.map(event => ({ event, body: event.data === '[DONE]' ? {} : parsed(event.data) }))
  const failed = read.findIndex(({ body }) => body !== undefined && tongue.fault(body) !== undefined)
  const good = read.slice(0, failed === -1 ? read.length : failed).filter(({ body }) => body !== undefined)
  return {
    heard: attempted(() => tongue.hear(good.map(({ event }) => event))),
    error: failed === -1 ? undefined : tongue.fault(read[failed]?.body),
    garbage: read.some(({ body }) => body === undefined),
  }
}

/** Half a call has arguments that are no JSON. */
function attempted(read: () => Heard): Heard | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

function parsed(text: string): Wire {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
