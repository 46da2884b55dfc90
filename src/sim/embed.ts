/** Vectors of length 1 that are the same for the same text and near for texts that share words. */

import { hash, mix } from './chance.ts'
import { tokens } from './words.ts'

export const usualSize = 256

/** One number a token. */
export const marksOf = (text: string): readonly number[] =>
  [...tokens(text)].map(token => hash(token.trim().toLowerCase()))

/** The sum of a direction for each token, brought to length 1. */
export function vector(marks: readonly number[], size: number): Float32Array {
  const values = new Float32Array(size)
  for (const mark of marks) {
    for (let i = 0; i < size; i++) values[i] = (values[i] ?? 0) + mix(mark, i) / 2 ** 31 - 1
  }
  const length = Math.hypot(...values) || 1
  return values.map(value => value / length)
}
