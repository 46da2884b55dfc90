import type { Answer } from '../model/answer.ts'
import type { Call, Letter, Operation } from '../model/call.ts'
import type { Chat, HalfNoun, Noun } from '../model/chat.ts'
import type { Delta } from '../model/delta.ts'
import type { Embed, Vectors } from '../model/embed.ts'
import type { Event } from '../model/event.ts'
import type { Fault } from '../model/fault.ts'
import type { JsonObject } from '../model/json.ts'
import type { Batch } from '../model/source.ts'

/**
 * A dialect is four codecs: request, answer, stream and fault. We read requests and write replies for callers; we write
 * requests and read replies for providers. Between two that speak the same dialect a text is edited in place, never
 * parsed and printed (`reword`, `glance`); between two dialects it is understood and told again through the model. Where a
 * dialect has embeddings, they are a codec of their own.
 */
export interface Dialect extends ProviderDialect {
  readonly request: RequestWriter & RequestReader
  readonly answer: AnswerReader & AnswerWriter
  readonly stream: StreamReading & StreamWriting
  readonly fault: FaultReader & FaultWriter
  /** The header in which clients of this dialect look for a request's id, if it is one of its own. */
  readonly idHeader?: string
  readonly embeddings?: ProviderEmbeddings & CallerEmbeddings
  /** How replies are kept and continued, where callers may ask for them later by their id (OpenAI's Responses). */
  readonly keeping?: Keeping
  /** How a conversation is made shorter, where callers may ask for that (OpenAI's Responses). */
  readonly compacting?: Compacting
}

/** The half of a dialect that a provider needs. Some are spoken by providers only. */
export interface ProviderDialect {
  readonly id: string
  /** Where something is asked for, below a provider's base URL, with its query if there is one. */
  path(asking: Asking): string
  readonly request: RequestWriter
  readonly answer: AnswerReader
  readonly stream: StreamReading
  readonly fault: FaultReader
  /**
   * Whether a reply without a word that stopped for this reason was kept back by a filter. Left out where filters refuse with
   * a status of their own.
   */
  withholds?(reason: string): boolean
  /** Left out where the dialect has no such question. */
  readonly embeddings?: ProviderEmbeddings
}

/** What is asked of a provider, as far as an address may tell it. */
export type Asking = Pick<Call, 'operation' | 'stream' | 'array' | 'batch'> & { readonly model: string }

// Requests

export interface RequestReader {
  /** Refuses with `invalid_request` and the field at fault. Checks what we act on and leaves the rest to the provider. */
  read(body: JsonObject, address: Address): Call
  /** The caller's own text for this target, with only those fields changed that must. */
  reword(letter: Letter, target: { readonly model: string; readonly quirks: Quirks }): Wording
  /**
   * All that a chat request says. Refuses what is malformed with `invalid_request` and the path of the fault
   * (`messages[2].content[0].type`): wrong types, unknown roles, a tool result without its call, a schema that is none.
   */
  understand(body: JsonObject): Chat
  /**
   * What this dialect calls a noun, where it has another name for it: so a loss or a refusal is told in the caller's own
   * words.
   */
  readonly nouns: Readonly<Partial<Record<Noun | HalfNoun | 'messages', string>>>
  /** Which name a request uses for a noun, where this dialect has several for it. */
  nounsIn?(body: JsonObject): RequestReader['nouns']
  /** The same for what a composer names behind the place of a part or a tool (`messages[2].content[0].is_error`). */
  readonly partNouns?: Readonly<Record<string, string>>
}

/** What a request's URL says of it. */
export type Address = {
  readonly operation: Operation
  readonly model?: string
  readonly stream?: boolean
  readonly array?: boolean
  readonly batch?: boolean
}

/** A request as a provider will see it: the caller's own bytes but for what had to change, or a JSON text of ours. */
export type Wording = {
  readonly body: Uint8Array<ArrayBuffer> | string
  /** We asked for the stream's usage report and the caller did not: it has to be taken out again. */
  readonly askedUsage: boolean
  /** Fields that had no place to go, as the caller named them. */
  readonly lost: readonly string[]
}

export interface RequestWriter {
  /**
   * A chat for a provider of this dialect. Refuses with `invalid_request`, naming the place, what the provider cannot do
   * and the request cannot do without (a hosted tool, a part that is all there is); tells what else it leaves out.
   */
  compose(chat: Chat, target: Aim): Composed
  /**
   * Whether this model goes on with a message of its own that stands last, from where it ends, by its maker's own word.
   * Left out where none does.
   */
  prefills?(target: { readonly model: string; readonly quirks: Quirks }): boolean
  /** Which kinds of media a URL may stand for; others are fetched before composing. */
  takesUrls(kind: 'image' | 'document' | 'audio' | 'video', quirks: Quirks): boolean
}

/** Whom a composed request is for. */
export type Aim = {
  readonly provider: string
  readonly model: string
  readonly quirks: Quirks
  readonly stream: boolean
}

/** `lost` names nouns (`seed`), places (`at` of a part or tool) and fields of `extras` that had no place to go. */
export type Composed = {
  readonly body: JsonObject
  readonly lost: readonly string[]
  /** Several are asked for at once, by Gemini's method for that. */
  readonly batch?: boolean
  /** What the caller calls the tools that this provider knows by another name, by that name: a reply says it the caller's way. */
  readonly names?: ReadonlyMap<string, string>
}

// Replies

/** What a writer of replies is told about the request that it answers. */
export type Making = {
  /** The request's id, letters, digits and dashes: identifiers that the provider did not give are made from it. */
  readonly id: string
  /** Seconds since 1970. */
  readonly created: number
  /** The same, when it is asked: for dialects that tell when a reply was whole. As `created` if left out. */
  readonly now?: () => number
  /** Who answers, as `provider/model`: written into what only it understands (`seal`). */
  readonly maker: string
  readonly call: Call
  /** The caller's request, for dialects that repeat parts of it in the reply. */
  readonly body: JsonObject
  /**
   * The caller has had the beginning in a provider's own frames: what they call the reply and its parts (`names`). The first
   * deltas that are written are what those frames said, and their bytes go nowhere.
   */
  readonly behind?: JsonObject
}

export interface AnswerReader {
  /** What a whole reply says of itself: usage, stop, or a fault inside a 200. `wire` is its text as it came. */
  glance(body: JsonObject, wire: string, operation: Operation): readonly Event[]
  /** All that a whole reply to a chat says. Throws the fault that stands inside a 200. */
  read(body: JsonObject, wire: string, maker: string): Answer
}

export interface AnswerWriter {
  write(answer: Answer, making: Making): JsonObject
  /** How many tokens a request has, where the dialect has a question for it. */
  count?(tokens: number): JsonObject
}

export interface StreamReading {
  /**
   * `hideUsage`: the usage report was our wish, not the caller's, and is taken out of what is handed on. `several`: more
   * than one reply was asked for, and the events say which they are about; without it the first is all that is looked for.
   */
  glance(options: GlanceOptions): StreamGlancer
  /** Reads a chat's stream in full. */
  reader(maker: string): StreamReader
  /** Cuts network reads at the ends of frames, where these are not server-sent events. */
  cutter?(array: boolean): Cutter
}

export type GlanceOptions = { readonly hideUsage: boolean; readonly array: boolean; readonly several?: boolean }

export interface Cutter {
  /** The whole frames that are complete with this read: possibly none, and then an empty array. */
  push(read: Uint8Array): Uint8Array
  /** What came after the last whole frame. */
  end(): Uint8Array
}

/** Stateful for one reply. */
export interface StreamGlancer {
  /**
   * What whole frames say of themselves, and the bytes to hand on. What cannot be understood says nothing: it is still
   * the caller's to have. The frames are the glancer's from then on: what is taken out may be closed up in their memory.
   */
  read(frames: Uint8Array): Batch
  /** What has to follow when the provider has ended cleanly: a translation's closing mark, if it is still owed. */
  end?(): Batch | undefined
  /** How a failure is told in the middle of this very stream; the dialect's plain frame if left out. */
  fail?(fault: Fault, requestId: string): Uint8Array
}

/** Stateful for one reply. What cannot be understood (no JSON, half a frame) is a `fault` delta: nothing is skipped. */
export interface StreamReader {
  read(frames: Uint8Array): readonly Delta[]
  /** Whether the frames have closed the text that they told, so that nothing can be put behind it any more. */
  closed?(): boolean
  /** What the frames so far call the reply and its parts, where a writer that goes on behind them has to call them so. */
  names?(): JsonObject
}

export interface StreamWriting {
  writer(making: Making): StreamWriter
}

/** Stateful for one reply. */
export interface StreamWriter {
  /** The frames for these deltas; empty if they say nothing on this wire, or not yet. */
  write(deltas: readonly Delta[]): Uint8Array
  /** What closes a whole reply. Called once, when nothing more can come; never after `fail`. */
  end(): Uint8Array
  /**
   * The last frames of a reply that failed in the middle: it must not end like a whole one. Called once more with another
   * fault where the first one's frames were not sent.
   */
  fail(fault: Fault, requestId: string): Uint8Array
}

// Replies that are kept

/** How a conversation is made shorter where the provider cannot do it. */
export interface Compacting {
  /** A request for a summary of all that a request says. */
  asked(body: JsonObject): JsonObject
  /** The shortened conversation, from the reply to that. `id` is the request's. */
  told(body: JsonObject, reply: JsonObject, id: string): JsonObject
}

export interface Keeping {
  /** What of a reply is to be kept: nothing, all that was said, or what is usual, because the caller does not say. */
  wish(body: JsonObject): 'nothing' | 'usual' | 'all'
  /** What a request refers to and does not say: the reply that it continues, then others in their order. */
  references(body: JsonObject): readonly Reference[]
  /** The request with all that was said before in front of its own input, and without its reference to it. */
  continued(body: JsonObject, before: { readonly input: string; readonly reply: string }): JsonObject
  /** The request with items in the place of the references to them, by their ids. */
  resolved(body: JsonObject, items: ReadonlyMap<string, JsonObject>): JsonObject
  /** The items of a reply, by their ids. */
  itemsOf(reply: string): ReadonlyMap<string, JsonObject>
  /** JSON text of all items that a request puts in, each with an id. `id` is the request's, to make ids from. */
  inputOf(body: JsonObject, id: string): string
  watcher(): ReplyWatcher
}

/** Something that was said before; `at` is where the request names it. */
export type Reference = { readonly to: 'reply' | 'item' | 'conversation'; readonly id: string; readonly at: string }

/** Sees a reply go by, whole or as frames, in the words in which its caller gets it. */
export interface ReplyWatcher {
  see(bytes: Uint8Array): void
  /** The reply's id, once it was told. */
  readonly id: string | undefined
  /** JSON text of the whole reply, once it is over. */
  readonly reply: string | undefined
}

// Embeddings

export interface ProviderEmbeddings {
  /** As `compose` of a chat. Refuses what is no text for this provider, with its place. */
  compose(embed: Embed, target: Aim): Composed
  /** The vectors of a reply to so many inputs. Throws where it is anything but that, and the fault inside a 200. */
  read(body: JsonObject, wire: string, inputs: number): Vectors
}

export interface CallerEmbeddings {
  /** All that a request for embeddings says. Refuses what is malformed, with the path of the fault. */
  understand(body: JsonObject): Embed
  write(vectors: Vectors, making: Making): JsonObject
  /** Throws where a reply that goes on as it came has fewer vectors than were asked for. In which form is not looked at. */
  check(reply: JsonObject, asked: JsonObject): void
}

// Faults

export interface FaultReader {
  /** What a provider's refusal means. `body` is its text as it came. */
  read(refusal: Refusal): Fault
}

export interface FaultWriter {
  /** A fault as a JSON reply. */
  write(fault: Fault, requestId: string): JsonObject
  /** A fault as the last event of a relayed stream that has begun. */
  frame(fault: Fault, requestId: string): Uint8Array
}

export type Refusal = {
  readonly provider: string
  readonly status: number
  readonly contentType: string
  readonly retryAfterMs: number | undefined
  readonly body: string
  /** The reply's headers, by name, for dialects that tell there what kind of error it is. */
  readonly header?: (name: string) => string | undefined
}

/** Ways to be almost the dialect that a provider says it speaks. Each is one small edit. */
export type Quirks = {
  /** Whether a stream's usage has to be asked for: `ask` (the default), or never, because it comes anyway or is refused. */
  readonly streamUsage?: 'ask' | 'never'
  /** Understands the routing fields `models` and `provider` of a request, so they are left in. */
  readonly routesItself?: boolean
  /** What a reply's length is called by providers that do not know `max_completion_tokens`. */
  readonly maxTokensField?: 'max_tokens'
  /** Has no role `developer`: it is told as the system's. */
  readonly noDeveloper?: boolean
  /** Where thoughts of earlier turns are handed back: DeepSeek's `reasoning_content`, OpenRouter's `reasoning_details`, Mistral's parts. */
  readonly thoughtsIn?: 'reasoning_content' | 'reasoning' | 'reasoning_details' | 'thinking'
  /** Does not know JSON schemas as an output format: they are asked for as any JSON, and the schema is lost. */
  readonly noSchemas?: boolean
  /** How thinking is asked for: OpenRouter's object, a switch beside the effort (DeepSeek), a switch and a budget (DashScope). */
  readonly reasoningIn?: 'reasoning' | 'thinking' | 'enable_thinking'
  /** What marks the end of a prompt's part that is to be cached; without it marks are lost. */
  readonly cacheMarks?: 'cache_control' | 'prompt_cache_breakpoint'
  /** Which kinds of media it fetches from a URL itself, where that is not the dialect's usual. */
  readonly fetches?: readonly ('image' | 'document' | 'audio' | 'video')[]
  /** Takes documents as parts of their own, by URL or data URL, not as files. */
  readonly documentsIn?: 'document_url'
  /** Knows a choice among some of the tools (`allowed_tools`); for others the list of tools is cut down to them. */
  readonly allowsTools?: boolean
  /** How a search of the web is asked for; without it another dialect's search tool is refused. */
  readonly searchesBy?: 'web_search_options' | 'openrouter:web_search'
  /** What `seed` is called, where it is not `seed`. */
  readonly seedField?: 'random_seed'
  /** What the length of vectors is called, where it is not `dimensions`. */
  readonly dimensionsField?: 'output_dimension'
  /** What marks a last message of the model's own as the beginning of its reply (Mistral); such models go on with it. */
  readonly prefillBy?: 'prefix'
  /** Takes no other ids of tool calls than nine letters and digits (Mistral). */
  readonly shortToolIds?: boolean
  /** How many stop sequences it takes, where these are not four. */
  readonly stops?: number
  /** Fields that it refuses: left out of what is composed, and told as lost. */
  readonly refuses?: readonly string[]
}
