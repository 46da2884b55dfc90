import type { Extras } from './chat.ts'
import type { MediaPart, TextPart } from './part.ts'
import type { Usage } from './usage.ts'

/**
 * All that a request for embeddings means, in no one's dialect: read only when it has to be told again in another. Each
 * input becomes one vector, and what is wanted of the vectors is wanted of all; what the caller left out is `undefined`.
 */
export type Embed = {
  readonly inputs: readonly EmbedInput[]
  /** How many numbers a vector is to have. */
  readonly dimensions?: number | undefined
  readonly task?: EmbedTask | undefined
  /** Whether an input that is too long is cut short, or refused. */
  readonly truncate?: boolean | undefined
  /** The caller's own user, for the provider's abuse detection. */
  readonly user?: string | undefined
  /** Where the caller said each of these, in its own words. */
  readonly places: Readonly<Partial<Record<EmbedNoun, string>>>
  /** Places of what is wanted of an input otherwise than of the first: only the caller's own dialect has room for it. */
  readonly apart: readonly string[]
  readonly extras: Extras
}

/** What is wanted of all vectors. */
export type EmbedNoun = 'dimensions' | 'task' | 'truncate' | 'user'

export type EmbedInput = { readonly at: string } & (
  | {
      readonly type: 'parts'
      readonly parts: readonly (TextPart | MediaPart)[]
      /** Of the document that the input is a part of. */
      readonly title?: { readonly text: string; readonly at: string } | undefined
    }
  /** Numbers in the vocabulary of the model that was asked: to another they mean something else. */
  | { readonly type: 'tokens'; readonly tokens: readonly number[] }
)

/** What the vectors are for. */
export type EmbedTask =
  | 'query'
  | 'document'
  | 'similarity'
  | 'classification'
  | 'clustering'
  | 'question'
  | 'fact'
  | 'code-query'

/** What a request for embeddings is answered with: a vector for each input, in their order. */
export type Vectors = {
  readonly vectors: readonly (readonly number[])[]
  /** As the provider named it. */
  readonly model?: string | undefined
  readonly usage?: Usage | undefined
}
