/** What is asked of a model and what it says, in no dialect. Dialects read an `Ask` and write a `Script`. */

import type { Json } from './json.ts'

export type Ask = {
  /** One for a chat; `/v1/completions` may bring several, each answered `copies` times. */
  readonly prompts: readonly Prompt[]
  readonly copies: number
  /** The most tokens an answer may have, thinking included. */
  readonly limit: number | undefined
  readonly stops: readonly string[]
  readonly tools: readonly Tool[]
  readonly choice: Choice
  /** Whether several tools may be called at once. */
  readonly parallel: boolean
  /** The last thing said was a tool's result, so the model has what it called for. */
  readonly answered: boolean
  readonly format: Format
  readonly thinking: Thinking
  readonly seed: number
  /** Which part of the prompt the provider keeps: any, only what was marked and then it says so, or none. */
  readonly cache: 'any' | 'marked' | 'none'
}

/** Most requests ask for nothing special. */
export const plainAsk = {
  copies: 1,
  limit: undefined,
  stops: [],
  tools: [],
  choice: { type: 'none' },
  parallel: true,
  answered: false,
  format: { type: 'text' },
  thinking: { tokens: 0, shown: 'not', secret: false },
  seed: 0,
  cache: 'any',
} as const satisfies Omit<Ask, 'prompts'>

export type Prompt = {
  /** All of it as one text: what is counted and what the prefix cache knows. */
  readonly text: string
  /** What the user said last. */
  readonly last: string
  /** How often tools have answered since. */
  readonly rounds: number
  /** Tokens of what is not text. */
  readonly media: number
}

export type Thinking = {
  /** Before the answer. */
  readonly tokens: number
  /** As its text, as a block that is there without its text, or not at all. */
  readonly shown: 'text' | 'sealed' | 'not'
  /** Some of it in secret too. */
  readonly secret: boolean
}

export type Tool = { readonly name: string; readonly schema: Json }

export type Choice =
  | { readonly type: 'none' | 'auto' }
  /** Of these alone, where they are named. */
  | { readonly type: 'required'; readonly names?: readonly string[] }
  | { readonly type: 'named'; readonly name: string }

export type Format = { readonly type: 'text' } | { readonly type: 'json'; readonly schema: Json }

export type Answer = {
  /** All of it, shown or not. */
  readonly thinking: string
  /** What the caller sees, in order. */
  readonly blocks: readonly Block[]
  readonly finish: 'stop' | 'stop-sequence' | 'length' | 'call' | 'forced-call' | 'filtered'
  /** Which stop sequence it was. */
  readonly stop: string | undefined
}

export type Block =
  /** `text` is what is shown of it. */
  | { readonly type: 'thinking'; readonly text: string; readonly whole: string }
  | { readonly type: 'secret'; readonly text: string }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'call'; readonly name: string; readonly text: string }

export type Call = Extract<Block, { type: 'call' }>

export const textOf = ({ blocks }: Answer): string =>
  blocks.map(block => (block.type === 'text' ? block.text : '')).join('')

export const callsOf = ({ blocks }: Answer): readonly Call[] => blocks.filter(block => block.type === 'call')

export type Usage = {
  /** All of the prompt, the cached parts included. */
  readonly prompt: number
  readonly cached: number
  /** Newly in the cache. */
  readonly written: number
  /** All that was generated, thinking included. */
  readonly completion: number
  readonly thinking: number
}

export type Script = { readonly answers: readonly Answer[]; readonly usage: Usage }
