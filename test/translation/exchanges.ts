import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Operation } from '../../src/model/call.ts'
import type { JsonObject } from '../../src/model/json.ts'

/** An exchange with a provider as it went over the wire, in one of the dialects that we speak. */
export type Exchange = {
  readonly id: string
  readonly dialect: string
  readonly operation: Operation
  readonly provider: string
  readonly features: readonly string[]
  /** What is odd about it. */
  readonly oddities: readonly string[]
  /** What was asked, without the model's name being ours to judge; undefined where only the reply was kept. */
  readonly request: JsonObject | undefined
  readonly status: number
  readonly contentType: string
  readonly headers: Readonly<Record<string, string>>
  readonly streamed: boolean
  readonly bytes: Buffer
}

const corpus = join(import.meta.dir, '../../../shared/corpus/exchanges')

/** What the corpus calls a dialect, and what we call it: Mistral's own API is OpenAI's with a few fields more. */
const spoken: Readonly<Record<string, readonly [dialect: string, operation: Operation]>> = {
  'openai-chat': ['openai-chat', 'chat'],
  'openai-completions': ['openai-chat', 'completions'],
  'openai-embeddings': ['openai-chat', 'embeddings'],
  'mistral-chat': ['openai-chat', 'chat'],
  'openai-responses': ['openai-responses', 'chat'],
  'openai-responses-input-tokens': ['openai-responses', 'count_tokens'],
  'anthropic-messages': ['anthropic-messages', 'chat'],
  'anthropic-count-tokens': ['anthropic-messages', 'count_tokens'],
  'gemini-generate': ['gemini-generate', 'chat'],
  'gemini-count-tokens': ['gemini-generate', 'count_tokens'],
  'gemini-embed': ['gemini-generate', 'embeddings'],
  'bedrock-converse': ['bedrock-converse', 'chat'],
  'cohere-chat': ['cohere-chat', 'chat'],
  'cohere-embed': ['cohere-chat', 'embeddings'],
}

/** As the corpus keeps it; its INDEX.md tells what the fields mean. */
type Kept = {
  readonly id: string
  readonly dialect: string
  readonly provider: string
  readonly features?: readonly string[]
  readonly quirks?: readonly string[]
  readonly request: { readonly body?: JsonObject } | null
  readonly response: {
    readonly status: number
    readonly headers: Readonly<Record<string, string>> | null
    readonly body_format: string
    readonly body: unknown
    readonly body_raw?: string
  }
}

/** The corpus of recorded traffic that lies beside the repository; empty without it. */
export function exchanges(): readonly Exchange[] {
  if (!existsSync(corpus)) return []
  return readdirSync(corpus)
    .filter(file => Object.hasOwn(spoken, file.split('--')[1] ?? ''))
    .sort()
    .map(file => JSON.parse(readFileSync(join(corpus, file), 'utf8')) as Kept)
    .filter(isReply)
    .map(exchangeOf)
}

/** Its chats. */
export const chatExchanges = (): readonly Exchange[] => exchanges().filter(({ operation }) => operation === 'chat')

const formats = ['json', 'sse', 'aws-eventstream-base64']

/** Whole replies, streams and refusals; not what stands for a reply that was not kept. */
const isReply = ({ response }: Kept): boolean => formats.includes(response.body_format)

function exchangeOf({ id, dialect: kept, provider, features, quirks, request, response }: Kept): Exchange {
  const [dialect, operation] = spoken[kept] ?? [kept, 'chat']
  const { status, headers, body_format: format, body, body_raw: raw } = response
  const binary = format === 'aws-eventstream-base64'
  const streamed = format !== 'json'
  const type = binary ? 'application/vnd.amazon.eventstream' : streamed ? 'text/event-stream' : 'application/json'
  return {
    id,
    dialect,
    operation,
    provider,
    features: features ?? [],
    oddities: quirks ?? [],
    request: request?.body,
    status,
    contentType: headers?.['content-type'] ?? type,
    headers: headers ?? {},
    streamed,
    bytes: Buffer.from(streamed ? String(body) : (raw ?? JSON.stringify(body)), binary ? 'base64' : 'utf8'),
  }
}
