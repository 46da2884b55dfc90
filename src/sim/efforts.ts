/** How many tokens of thinking each effort is. */

import type { Field } from './field.ts'

const efforts: Readonly<Record<string, number>> = {
  none: 0,
  minimal: 16,
  low: 64,
  medium: 256,
  high: 1024,
  xhigh: 2048,
  max: 4096,
}

/** Those that OpenAI knows. */
export const effortNames: readonly string[] = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh']

/** One of a dialect's names, in capitals or not; `undefined` when it is absent. */
export function readEffort(effort: Field, known: readonly string[]): number | undefined {
  if (effort.isAbsent) return undefined
  return efforts[effort.among(known).toLowerCase()]
}
