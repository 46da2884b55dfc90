/** What a reply amounts to, whoever told it: what every client has to understand of it. */
export type Meaning = {
  /** The answer's words, those of a refusal among them; no thoughts. */
  readonly text: string
  /** Calls of the caller's tools; arguments as a value, so that spelling does not matter. */
  readonly tools: readonly ToolCall[]
  /** Thoughts that are shown, or their summary. */
  readonly thoughts: string
  /** Pictures that the model made, as URLs that hold them. */
  readonly images: readonly string[]
  /** The addresses that the answer names as its sources, each once, in order of the alphabet. */
  readonly sources: readonly string[]
  readonly stop: Stop
  /** All tokens in, cached ones among them, and all tokens out, thoughts among them; undefined where it was not told. */
  readonly usage: { readonly input: number; readonly output: number } | undefined
}

/** The input of a custom tool is free text. Arguments that are no JSON are the text as it came. */
export type ToolCall = { readonly name: string; readonly input: unknown; readonly custom?: true }

/** Finer reasons do not exist in every dialect. `untold` is a reply that gives none, `other` one that has a word of its own. */
export type Stop = 'end' | 'length' | 'tools' | 'refused' | 'other' | 'untold'

/** Arguments as a value; text that is no JSON as itself. None at all are written as nothing, or as null. */
export function argumentsIn(text: string): unknown {
  if (text.trim() === '') return {}
  try {
    return (JSON.parse(text) as unknown) ?? {}
  } catch {
    return text
  }
}

export const sourcesOf = (urls: readonly unknown[]): readonly string[] =>
  [...new Set(urls.filter(isAddress))].sort((a, b) => (a < b ? -1 : 1))

const isAddress = (url: unknown): url is string => typeof url === 'string' && /^https?:/.test(url)

export const usageOf = (input: unknown, output: unknown): Meaning['usage'] =>
  typeof input === 'number' && typeof output === 'number' ? { input, output } : undefined
