import type { Json } from '../model/json.ts'
import type { Usage } from '../model/usage.ts'

/** Numbers that replies tell. Some providers write them as strings. */

const numberIn = (value: Json | undefined): Json | undefined =>
  typeof value === 'string' && value.trim() !== '' ? Number(value) : value

/** A count of tokens; undefined if it is none. */
export function count(value: Json | undefined): number | undefined {
  const number = numberIn(value)
  if (typeof number !== 'number' || number < 0) return undefined
  const rounded = Math.round(number)
  return Number.isSafeInteger(rounded) ? rounded : undefined
}

/** A place in a list, or a moment; undefined if it is neither. */
export function place(value: Json | undefined): number | undefined {
  const number = numberIn(value)
  return Number.isSafeInteger(number) && (number as number) >= 0 ? (number as number) : undefined
}

/**
 * OpenAI counts reasoning inside the output; xAI, Vercel and Gemini's compatible endpoint beside it. The total tells the
 * first two, reasoning that exceeds the output the third, and Gemini names no reasoning at all: what the total has more
 * than its parts is reasoning.
 */
export function outputs(
  input: number,
  output: number,
  total: number | undefined,
  reasoning: number,
): Pick<Usage, 'output' | 'reasoning'> {
  const beyond = Math.max(0, (total ?? 0) - input - output)
  if (beyond > 0) return { output, reasoning: beyond }
  return reasoning > output ? { output, reasoning } : { output: output - reasoning, reasoning }
}
