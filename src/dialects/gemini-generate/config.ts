import type { Chat, Effort } from '../../model/chat.ts'

/** Fields of `generationConfig` that are nouns as they stand, both ways. */
export const numbers = {
  candidateCount: 'candidates',
  maxOutputTokens: 'maxTokens',
  temperature: 'temperature',
  topP: 'topP',
  topK: 'topK',
  seed: 'seed',
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
