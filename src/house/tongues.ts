import { anthropicMessages } from '../dialects/anthropic-messages/index.ts'
import { bedrockConverse } from '../dialects/bedrock-converse/index.ts'
import { cohereChat } from '../dialects/cohere-chat/index.ts'
import type { ProviderDialect } from '../dialects/dialect.ts'
import { geminiGenerate } from '../dialects/gemini-generate/index.ts'
import { openaiChat } from '../dialects/openai-chat/index.ts'
import { openaiResponses } from '../dialects/openai-responses/index.ts'
import { type Auth, bearer, keyIn } from '../providers/provider.ts'

/** What is usual among those who speak a dialect, whoever they are. */
export type Manners = {
  readonly dialect: ProviderDialect
  /** How a provider of the operator's own is shown its key. */
  readonly auth: Auth
  /** Headers that every call carries. */
  readonly headers?: Readonly<Record<string, string>>
  /** What a stream is asked for as, where it is not a stream of server-sent events. */
  readonly accept?: string
  /** The caller's headers that are handed on where it speaks this dialect too. */
  readonly passes?: readonly string[]
}

const manners: readonly Manners[] = [
  { dialect: openaiChat, auth: bearer },
  { dialect: openaiResponses, auth: bearer },
  {
    dialect: anthropicMessages,
    auth: keyIn('x-api-key'),
    headers: { 'anthropic-version': '2023-06-01' },
    passes: ['anthropic-version', 'anthropic-beta'],
  },
  { dialect: geminiGenerate, auth: keyIn('x-goog-api-key') },
  { dialect: bedrockConverse, auth: bearer, accept: 'application/vnd.amazon.eventstream' },
  { dialect: cohereChat, auth: bearer },
]

/** By the dialect's name, as the config writes it. */
export const mannersOf: ReadonlyMap<string, Manners> = new Map(manners.map(each => [each.dialect.id, each]))
