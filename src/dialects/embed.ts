import type { Embed, EmbedInput, EmbedNoun } from '../model/embed.ts'
import { isObject, type Json } from '../model/json.ts'
import { refuse } from './check.ts'
import type { Aim } from './dialect.ts'
import { odd, unreadable } from './provider-fault.ts'

/** What embeddings have in common in all dialects: which inputs can be told, and which replies can be meant. */

/** The parts of an input. Refuses tokens: whose vocabulary they count in only the caller knows. */
export function partsOf(
  input: EmbedInput,
  { provider }: Aim,
): Extract<EmbedInput, { readonly type: 'parts' }>['parts'] {
  if (input.type === 'parts') return input.parts
  throw refuse(
    input.at,
    `'${input.at}' is tokens of another vocabulary than ${provider} has. Send the text, or ask another model.`,
  )
}

/** An input as one text. */
export const textOf = (input: EmbedInput, aim: Aim): string =>
  partsOf(input, aim)
    .map(part => {
      if (part.type === 'text') return part.text
      throw refuse(part.at, `${aim.provider} makes vectors of text only, not of ${part.kind}s. Ask another model.`)
    })
    .join('')

/** Where the caller has said something about these nouns, for dialects without a place for them. */
export const saidOf = (embed: Embed, placeless: readonly EmbedNoun[]): readonly string[] =>
  placeless.filter(noun => embed[noun] !== undefined).map(noun => embed.places[noun] ?? noun)

/** Where the caller gave titles, for dialects without any. */
export const titlesIn = ({ inputs }: Embed): readonly string[] =>
  inputs.flatMap(input => (input.type === 'parts' && input.title ? [input.title.at] : []))

/** A vector as a reply tells it: read strictly, because a number that is guessed is a place nobody was at. */
export function vectorIn(value: Json | undefined, at: string): readonly number[] {
  if (Array.isArray(value) && value.length > 0 && value.every(Number.isFinite)) return value
  throw odd(at, value)
}

/** The vectors, if there is one for each input. */
export function oneForEach<Vector>(vectors: readonly Vector[], inputs: number): readonly Vector[] {
  if (vectors.length === inputs) return vectors
  throw unreadable(`it has ${vectors.length} vectors for ${inputs} inputs.`)
}

/** Where a reply goes on as it came, what more there is, and in which form, is the caller's to judge. */
export function enough(vectors: readonly (Json | undefined)[], inputs: number): void {
  const found = vectors.filter(hasAny).length
  if (found < inputs) throw unreadable(`it has ${found} vectors for ${inputs} inputs.`)
}

const hasAny = (vector: Json | undefined): boolean =>
  typeof vector === 'string' || Array.isArray(vector) ? vector.length > 0 : isObject(vector)

/** The elements of a list that a reply has to have. */
export function listIn(value: Json | undefined, at: string): readonly Json[] {
  if (Array.isArray(value)) return value
  throw odd(at, value)
}
