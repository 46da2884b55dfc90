import type { Json } from '../model/json.ts'
import type { Usage } from '../model/usage.ts'
import { odd } from './provider-fault.ts'

/** What replies tell, read liberally: an empty text says nothing, and numbers are written as strings by some. */

/** A word; undefined if there is none. */
export const word = (value: Json | undefined): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

const numberIn = (value: Json | undefined): Json | undefined =>
  typeof value === 'string' && value.trim() !== '' ? Number(value) : value

/** A measure of any size; undefined if it is none. */
export function measure(value: Json | undefined): number | undefined {
  const number = numberIn(value)
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined
}

/** A count of tokens; undefined if it is none. */
export function count(value: Json | undefined): number | undefined {
  const number = numberIn(value)
  if (typeof number !== 'number' || number < 0) return undefined
  const rounded = Math.round(number)
  return Number.isSafeInteger(rounded) ? rounded : undefined
}

/** A moment in whole seconds; undefined if it is none. */
export function moment(value: Json | undefined): number | undefined {
  const number = numberIn(value)
  return typeof number === 'number' ? place(Math.floor(number)) : undefined
}

/** A place in a list; undefined if it is none. */
export function place(value: Json | undefined): number | undefined {
  const number = numberIn(value)
  return Number.isSafeInteger(number) && (number as number) >= 0 ? (number as number) : undefined
}

/** Far more than can be asked for; an index beyond is none. */
const mostChoices = 128

/** Which of several replies something belongs to: as it says, or as its place says. */
export function choiceAt(value: Json | undefined, otherwise: number): number {
  const choice = value === undefined || value === null ? otherwise : place(value)
  if (choice !== undefined && choice < mostChoices) return choice
  throw odd('index', value)
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
