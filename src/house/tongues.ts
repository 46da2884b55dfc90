import type { ProviderDialect } from '../dialects/dialect.ts'
import { openaiChat } from '../dialects/openai-chat/index.ts'
import { type Auth, bearer } from '../providers/provider.ts'

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

const manners: readonly Manners[] = [{ dialect: openaiChat, auth: bearer }]

/** By the dialect's name, as the config writes it. */
export const mannersOf: ReadonlyMap<string, Manners> = new Map(manners.map(each => [each.dialect.id, each]))
