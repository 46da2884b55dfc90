import type { JsonObject } from './json.ts'
import type { CacheMark, Part } from './part.ts'

/**
 * All that a chat request means, in no one's dialect: read only when it has to be told again in another. Numbers and
 * limits are as the caller wrote them; a field that the caller left out is `undefined` and is not sent to anybody.
 */
export type Chat = {
  /** In order; the system's and developer's among them where they stood. Tool results stand in messages of the user. */
  readonly messages: readonly Message[]
  readonly tools: readonly Tool[]
  readonly toolChoice?: ToolChoice | undefined
  readonly parallelTools?: boolean | undefined
  readonly format?: OutputFormat | undefined
  readonly reasoning?: Reasoning | undefined
  /** Tokens that the reply may have, thoughts included. */
  readonly maxTokens?: number | undefined
  readonly temperature?: number | undefined
  readonly topP?: number | undefined
  readonly topK?: number | undefined
  readonly minP?: number | undefined
  readonly presencePenalty?: number | undefined
  readonly frequencyPenalty?: number | undefined
  readonly repetitionPenalty?: number | undefined
  readonly logitBias?: JsonObject | undefined
  readonly seed?: number | undefined
  readonly stop?: readonly string[] | undefined
  /** How many replies are wanted (`n`, `candidateCount`). */
  readonly candidates?: number | undefined
  /** Log probabilities of the reply's tokens, and of so many others at each place. */
  readonly logprobs?: { readonly top: number } | undefined
  /** `low`, `medium`, `high`: how much the answer should say. */
  readonly verbosity?: string | undefined
  /** `text`, `image`, `audio`: what the reply may consist of. */
  readonly modalities?: readonly string[] | undefined
  /** How generated audio should be (OpenAI's `audio`, Gemini's `speechConfig`), in OpenAI's terms. */
  readonly voice?: { readonly name?: string | undefined; readonly format?: string | undefined } | undefined
  /** Words that the reply will mostly repeat (OpenAI's predicted outputs). */
  readonly prediction?: readonly Part[] | undefined
  readonly webSearch?: JsonObject | undefined
  readonly serviceTier?: string | undefined
  readonly metadata?: JsonObject | undefined
  /** The caller's own user, for the provider's abuse detection. */
  readonly user?: string | undefined
  /** Keep the reply at the provider. */
  readonly store?: boolean | undefined
  /** A hint that leads alike prompts to the same cache (OpenAI's `prompt_cache_key`). */
  readonly cacheKey?: string | undefined
  readonly cacheRetention?: string | undefined
  /** Gemini's safety settings, Anthropic's context management and the like: fields of one dialect without a noun here. */
  readonly extras: Extras
}

/** Top-level fields (dotted where nested) that have no noun: they go on only in their own dialect and are lost elsewhere. */
export type Extras = {
  readonly dialect: string
  readonly fields: JsonObject
  /** Wishes about the reply's form, which our own writer of replies grants whoever answers: they are lost nowhere. */
  readonly form?: JsonObject | undefined
}

export type Message = {
  readonly role: 'system' | 'developer' | 'user' | 'assistant'
  readonly parts: readonly Part[]
  /** Who of several users speaks (OpenAI's `name`). */
  readonly name?: string | undefined
  readonly at?: string | undefined
}

export type Tool = FunctionTool | CustomTool | HostedTool

type PlacedTool = { readonly at?: string | undefined; readonly cache?: CacheMark | undefined }

export type FunctionTool = PlacedTool & {
  readonly type: 'function'
  readonly name: string
  readonly description?: string | undefined
  /** JSON Schema of the arguments; undefined for a tool without any. */
  readonly schema?: JsonObject | undefined
  readonly strict?: boolean | undefined
  /** JSON Schema of what the tool gives back (Gemini's `response`). */
  readonly returns?: JsonObject | undefined
}

/** OpenAI's custom tool: its input is free text, or follows a grammar. */
export type CustomTool = PlacedTool & {
  readonly type: 'custom'
  readonly name: string
  readonly description?: string | undefined
  readonly grammar?: JsonObject | undefined
}

/** A tool that the provider runs. `wire` is how its own dialect declares it; the rest is what others understand of it. */
export type HostedTool = PlacedTool & {
  readonly type: 'hosted'
  readonly kind: HostedKind
  readonly dialect: string
  readonly wire: JsonObject
  readonly search?: WebSearch | undefined
}

export type HostedKind =
  | 'web-search'
  | 'web-fetch'
  | 'code-execution'
  | 'file-search'
  | 'computer'
  | 'mcp'
  | 'image-generation'
  | 'shell'
  | 'text-editor'
  | 'memory'
  | 'maps'
  | 'other'

export type WebSearch = {
  readonly allowedDomains?: readonly string[] | undefined
  readonly blockedDomains?: readonly string[] | undefined
  readonly maxUses?: number | undefined
  readonly location?: JsonObject | undefined
}

export type ToolChoice =
  | { readonly type: 'auto' | 'none' | 'required' }
  /** This one tool, whatever the model thinks. */
  | { readonly type: 'tool'; readonly name: string }
  /** Only these; `required` if it has to use one of them. */
  | { readonly type: 'only'; readonly names: readonly string[]; readonly required: boolean }

export type OutputFormat =
  | { readonly type: 'text' }
  /** Any JSON. */
  | { readonly type: 'json' }
  | {
      readonly type: 'schema'
      readonly schema: JsonObject
      readonly name?: string | undefined
      readonly description?: string | undefined
      readonly strict?: boolean | undefined
    }

/** How much the model is to think, and what is shown of it. `effort` and `budget` are translated into each other. */
export type Reasoning = {
  readonly effort?: Effort | undefined
  /** Tokens; 0 is not at all, -1 as much as the model likes. */
  readonly budget?: number | undefined
  /** `auto`, `concise` or `detailed`: summaries of the thoughts are wanted. */
  readonly summary?: string | undefined
  /** Thoughts are wanted in the reply (Gemini's `includeThoughts`). */
  readonly shown?: boolean | undefined
}

export type Effort = 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max'

/** The nouns of a call that are single fields, by which a dialect tells its own name of what was lost. */
export type Noun = Exclude<keyof Chat, 'messages' | 'tools' | 'extras'>

/** Halves of a wish to think that can be lost alone. */
export type HalfNoun = `reasoning.${keyof Reasoning}`
