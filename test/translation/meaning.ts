/** What a reply amounts to, whoever told it: what every client has to understand of it. */
export type Meaning = {
  /** The answer's words, those of a refusal among them; no thoughts. */
  readonly text: string
  /** Calls of the caller's tools; arguments as a value, so that spelling does not matter. */
  readonly tools: readonly { readonly name: string; readonly input: unknown }[]
  readonly stop: Stop
  /** All tokens in, cached ones among them, and all tokens out, thoughts among them; undefined where it was not told. */
  readonly usage: { readonly input: number; readonly output: number } | undefined
}

/** Finer reasons do not exist in every dialect. */
export type Stop = 'end' | 'length' | 'tools' | 'refused' | 'other'

/** Arguments as a value; text that is no JSON as itself. */
export function valueOf(text: string): unknown {
  if (text.trim() === '') return {}
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

export const usageOf = (input: unknown, output: unknown): Meaning['usage'] =>
  typeof input === 'number' && typeof output === 'number' ? { input, output } : undefined
