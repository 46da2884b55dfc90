import type { RequestReader } from '../dialect.ts'

/** What a caller of this dialect calls a noun. */
export const nouns: RequestReader['nouns'] = {
  messages: 'contents',
  toolChoice: 'toolConfig.functionCallingConfig',
  format: 'generationConfig.responseMimeType',
  reasoning: 'generationConfig.thinkingConfig',
  'reasoning.effort': 'generationConfig.thinkingConfig.thinkingLevel',
  'reasoning.budget': 'generationConfig.thinkingConfig.thinkingBudget',
  'reasoning.shown': 'generationConfig.thinkingConfig.includeThoughts',
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

/** What a caller of this dialect calls what a part or a tool has. */
export const partNouns: Readonly<Record<string, string>> = {
  signature: 'thoughtSignature',
  is_error: 'functionResponse.response.error',
  detail: 'mediaResolution',
  returns: 'response',
  blocked_domains: 'excludeDomains',
}
