import type { Chat, Effort } from '../../model/chat.ts'

/** Fields of `generationConfig` that are nouns as they stand, both ways: whole numbers, and others. */
export const counts = {
  candidateCount: 'candidates',
  maxOutputTokens: 'maxTokens',
  topK: 'topK',
  seed: 'seed',
} as const satisfies Readonly<Record<string, keyof Chat>>

export const measures = {
  temperature: 'temperature',
  topP: 'topP',
  presencePenalty: 'presencePenalty',
  frequencyPenalty: 'frequencyPenalty',
} as const satisfies Readonly<Record<string, keyof Chat>>

/** Thinking levels, for which there are four efforts. */
export const efforts: Readonly<Record<string, Effort>> = {
  MINIMAL: 'minimal',
  LOW: 'low',
  MEDIUM: 'medium',
  HIGH: 'high',
}
