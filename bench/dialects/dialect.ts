/** A dialect as the upstream speaks it: where it is asked, and what it answers. */
export type Spoken = {
  readonly id: string
  /** What a config's `base_url` has below the upstream's address. */
  readonly base: string
  /** Whether a path below the upstream's address is one of its own. */
  answersAt(path: string): boolean
  /** Whether a stream is asked for. */
  streams(path: string, body: Buffer): boolean
  /** Of a stream. A whole reply is JSON everywhere. */
  readonly contentType: string
  whole(text: string): object
  /** The frames of a stream: what opens it, one for each word, and what closes it. */
  frames(words: readonly string[], asked: { readonly usage: boolean }): Frames
}

export type Frames = {
  readonly opening: readonly Frame[]
  readonly words: readonly Frame[]
  readonly closing: readonly Frame[]
}

export type Frame = string | Uint8Array

/** A dialect as a caller speaks it: how it asks, and how it knows that it was told all. */
export type Asked = {
  readonly id: string
  path(model: string, stream: boolean): string
  body(asking: Asking): object
  /** The text of a whole reply. */
  text(reply: unknown): unknown
  /** How often a stream says each word: some repeat the whole text at the end. */
  readonly tells: number
  /** The end of a stream that is whole. */
  readonly ends: RegExp
}

export type Asking = {
  readonly model: string
  readonly stream: boolean
  readonly turns: readonly Turn[]
  readonly maxTokens: number
}

/** What was said before and is said now, by turns. */
export type Turn = { readonly by: 'user' | 'model'; readonly text: string }

/** Server-sent events, as all but one dialect have them. */
export const sse = 'text/event-stream; charset=utf-8'

export const dataFrame = (data: object): string => `data: ${JSON.stringify(data)}\n\n`

/** With its name beside it, as those write it whose events say what they are. */
export const namedFrame = (data: { readonly type: string; readonly [field: string]: unknown }): string =>
  `event: ${data.type}\n${dataFrame(data)}`

/** Where the wish for a stream stands in the body. */
export const wishInBody = (_: string, body: Buffer): boolean => body.includes('"stream":true')

/** What the path below leads to, step by step; undefined where a step is missing. */
export function at(reply: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((inner, step) => (inner as Readonly<Record<string | number, unknown>>)?.[step], reply)
}
