import type { Chat, Effort, Noun } from '../../model/chat.ts'

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

/** What a caller of this dialect calls a noun. */
export const nouns: Readonly<Partial<Record<Noun, string>>> = {
  toolChoice: 'toolConfig.functionCallingConfig',
  format: 'generationConfig.responseMimeType',
  reasoning: 'generationConfig.thinkingConfig',
  maxTokens: 'generationConfig.maxOutputTokens',
  temperature: 'generationConfig.temperature',
  topP: 'generationConfig.topP',
  topK: 'generationConfig.topK',
  presencePenalty: 'generationConfig.presencePenalty',
  frequencyPenalty: 'generationConfig.frequencyPenalty',
  seed: 'generationConfig.seed',
  stop: 'generationConfig.stopSequences',
  candidates: 'generationConfig.candidateCount',
  logprobs: 'generationConfig.responseLogprobs',
  modalities: 'generationConfig.responseModalities',
  voice: 'generationConfig.speechConfig',
}
