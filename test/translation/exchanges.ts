import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { JsonObject } from '../../src/model/json.ts'

/** A chat with a real provider as it went over the wire, in whatever dialect. */
export type Exchange = {
  readonly id: string
  /** The dialect by our name for it. */
  readonly dialect: string
  readonly provider: string
  readonly features: readonly string[]
  readonly request: JsonObject | undefined
  readonly status: number
  readonly contentType: string
  readonly headers: Readonly<Record<string, string>>
  readonly streamed: boolean
  readonly bytes: Buffer
}

const corpus = join(import.meta.dir, '../../../shared/corpus/exchanges')

/** What the corpus calls a dialect, and what we call it: Mistral's own API is OpenAI's with a few fields more. */
const dialects: Readonly<Record<string, string>> = {
  'openai-chat': 'openai-chat',
  'mistral-chat': 'openai-chat',
  'openai-responses': 'openai-responses',
  'anthropic-messages': 'anthropic-messages',
  'gemini-generate': 'gemini-generate',
  'bedrock-converse': 'bedrock-converse',
  'cohere-chat': 'cohere-chat',
}

type Kept = {
  readonly id: string
  readonly dialect: string
  readonly provider: string
  readonly features?: readonly string[]
  readonly request: { readonly body?: JsonObject } | null
  readonly response: {
    readonly status: number
    readonly headers: Readonly<Record<string, string>> | null
    readonly body_format: string
    readonly body: unknown
    readonly body_raw?: string
  }
}

/** All chats of the corpus that lies beside the repository; empty without it. */
export function chatExchanges(): readonly Exchange[] {
  if (!existsSync(corpus)) return []
  return readdirSync(corpus)
    .sort()
    .map(file => JSON.parse(readFileSync(join(corpus, file), 'utf8')) as Kept)
    .flatMap(kept => {
      const dialect = dialects[kept.dialect]
      return dialect === undefined || !isReply(kept) ? [] : [exchangeOf(kept, dialect)]
    })
}

const formats = ['json', 'sse', 'aws-eventstream-base64']

/** Whole replies, streams and refusals; not what stands for a reply that was not kept. */
const isReply = ({ response }: Kept): boolean => formats.includes(response.body_format)

function exchangeOf({ id, provider, features, request, response }: Kept, dialect: string): Exchange {
  const { status, headers, body_format: format, body, body_raw: raw } = response
  const binary = format === 'aws-eventstream-base64'
  const streamed = format !== 'json'
  const text = streamed ? String(body) : (raw ?? JSON.stringify(body))
  return {
    id,
    dialect,
    provider,
    features: features ?? [],
    request: request?.body,
    status,
    contentType: binary ? 'application/vnd.amazon.eventstream' : streamed ? 'text/event-stream' : 'application/json',
    headers: headers ?? {},
    streamed,
    bytes: Buffer.from(text, binary ? 'base64' : 'utf8'),
  }
}
