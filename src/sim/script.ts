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
  /** The last thing said was a tool's result, so the model has what it called for. */
  readonly answered: boolean
  readonly format: Format
  /** Thinking before the answer, in tokens. */
  readonly thinking: number
  readonly seed: number
}

export type Prompt = {
  /** All of it as one text: what is counted and what the prefix cache knows. */
  readonly text: string
  /** What the user said last. */
  readonly last: string
  /** Tokens of what is not text. */
  readonly media: number
}

export type Tool = { readonly name: string; readonly schema: Json }

export type Choice = { readonly type: 'none' | 'auto' | 'required' } | { readonly type: 'named'; readonly name: string }

export type Format = { readonly type: 'text' } | { readonly type: 'json'; readonly schema: Json }

export type Answer = {
  readonly thinking: string
  readonly text: string
  readonly call: Call | undefined
  readonly finish: 'stop' | 'length' | 'call' | 'forced-call'
}

export type Call = { readonly name: string; readonly arguments: string }

export type Usage = {
  /** All of the prompt, the cached part included. */
  readonly prompt: number
  readonly cached: number
  /** All that was generated, thinking included. */
  readonly completion: number
  readonly thinking: number
}

export type Script = { readonly answers: readonly Answer[]; readonly usage: Usage }
