import type { RequestReader } from '../dialect.ts'

/** What Anthropic's API calls a noun of the model, where it has another name for it. */
export const nouns: RequestReader['nouns'] = {
  maxTokens: 'max_tokens',
  topP: 'top_p',
  topK: 'top_k',
  stop: 'stop_sequences',
  toolChoice: 'tool_choice',
  parallelTools: 'tool_choice.disable_parallel_tool_use',
  format: 'output_config.format',
  reasoning: 'thinking',
  'reasoning.effort': 'output_config.effort',
  'reasoning.budget': 'thinking.budget_tokens',
  'reasoning.shown': 'thinking.display',
  serviceTier: 'service_tier',
  user: 'metadata.user_id',
}
