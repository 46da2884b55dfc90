import type { Sealed } from './sealed.ts'

/**
 * A piece of what is said, by either side, in the order in which it is said. `at` is the place in the caller's request
 * (`messages[2].content[0]`), by which a fault or a loss is named; parts of a reply have none.
 */
export type Part = TextPart | MediaPart | ReasoningPart | RefusalPart | ToolCallPart | ToolResultPart | OpaquePart

type Placed = {
  readonly at?: string | undefined
  /** The prompt up to here is to be kept by the provider for the next call. */
  readonly cache?: CacheMark | undefined
}

export type CacheMark = { readonly ttl?: '5m' | '1h' | undefined }

export type TextPart = Placed & {
  readonly type: 'text'
  readonly text: string
  readonly citations?: readonly Citation[] | undefined
  /** Gemini signs texts as well as thoughts. */
  readonly seal?: Sealed | undefined
}

export type MediaPart = Placed & {
  readonly type: 'media'
  readonly kind: 'image' | 'document' | 'audio' | 'video'
  readonly source: MediaSource
  /** OpenAI's `detail` of an image: low, high, auto. */
  readonly detail?: string | undefined
  /** A document's name, as a reader would see it. */
  readonly title?: string | undefined
  /** Words about a document that are not to be cited (Anthropic's `context`). */
  readonly context?: string | undefined
  /** The model is asked to cite this document. */
  readonly cite?: boolean | undefined
  /** What is heard or seen, where the dialect says so: a generated audio's words. */
  readonly transcript?: string | undefined
  readonly seal?: Sealed | undefined
}

export type MediaSource =
  /** `mediaType` as in RFC 2046 (`image/png`); `data` is base64 without a `data:` prefix. */
  | { readonly from: 'data'; readonly mediaType: string; readonly data: string }
  | { readonly from: 'url'; readonly url: string; readonly mediaType?: string | undefined }
  /** A file that was uploaded to the provider of this dialect. */
  | { readonly from: 'file'; readonly id: string; readonly dialect: string; readonly mediaType?: string | undefined }
  /** A document of plain text. */
  | { readonly from: 'text'; readonly text: string }

/** Thoughts. A redacted or encrypted thought has no text, only its seal. */
export type ReasoningPart = Placed & {
  readonly type: 'reasoning'
  readonly text: string
  /** The text is a summary of the thoughts (OpenAI Responses), not the thoughts. */
  readonly summary?: boolean | undefined
  readonly seal?: Sealed | undefined
}

/** The model's words when it will not answer. */
export type RefusalPart = Placed & { readonly type: 'refusal'; readonly text: string }

export type ToolCallPart = Placed & {
  readonly type: 'tool-call'
  readonly id: string
  readonly name: string
  /** JSON text of the arguments as the model wrote it, possibly not valid; free text for a `custom` tool. */
  readonly input: string
  readonly custom?: boolean | undefined
  /** Gemini's thought signature of a call. */
  readonly seal?: Sealed | undefined
}

export type ToolResultPart = Placed & {
  readonly type: 'tool-result'
  /** The `id` of the call that it answers. */
  readonly call: string
  /** The tool's name, where the dialect tells it or the call was found. */
  readonly name?: string | undefined
  readonly parts: readonly Part[]
  readonly failed?: boolean | undefined
  readonly custom?: boolean | undefined
}

/**
 * A block that has no noun: a provider's own tool at work, its results, a container. `label` is its name on the wire
 * (`web_search_tool_result`); the seal's value is the block's JSON text.
 */
export type OpaquePart = Placed & { readonly type: 'opaque'; readonly label: string; readonly seal: Sealed }

/** Where something that the model says comes from. Offsets count UTF-16 units of the text part that it belongs to. */
export type Citation = {
  readonly url?: string | undefined
  readonly title?: string | undefined
  /** The words of the source. */
  readonly quoted?: string | undefined
  readonly start?: number | undefined
  readonly end?: number | undefined
  /** The document's place among the request's documents, from 0. */
  readonly document?: number | undefined
  readonly fileId?: string | undefined
  /** The citation as its dialect tells it; lossless within the dialect. */
  readonly seal?: Sealed | undefined
}
