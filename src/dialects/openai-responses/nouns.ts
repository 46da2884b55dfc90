import type { Noun } from '../../model/chat.ts'
import type { Json } from '../../model/json.ts'
import type { Names } from '../said-names.ts'

/** What the Responses API calls a noun of the model, where it has another name for it. */
export const nouns: Readonly<Partial<Record<Noun | 'messages', string>>> = {
  messages: 'input',
  toolChoice: 'tool_choice',
  parallelTools: 'parallel_tool_calls',
  format: 'text.format',
  maxTokens: 'max_output_tokens',
  topP: 'top_p',
  presencePenalty: 'presence_penalty',
  frequencyPenalty: 'frequency_penalty',
  logprobs: 'top_logprobs',
  verbosity: 'text.verbosity',
  serviceTier: 'service_tier',
  cacheKey: 'prompt_cache_key',
  cacheRetention: 'prompt_cache_retention',
}

/** Nouns with more than one field. */
export const severalNames: Names = {
  user: ['user', 'safety_identifier'],
  logprobs: ['top_logprobs', 'include'],
  'reasoning.budget': ['reasoning.max_tokens'],
  'reasoning.summary': ['reasoning.summary', 'reasoning.generate_summary'],
}

/** Entries of `include` that are nouns of the model, or our own writer's work. */
export const includes = { logprobs: 'message.output_text.logprobs', thoughts: 'reasoning.encrypted_content' } as const

/** OpenRouter's routing wishes: addressed to the gateway, refused as unknown fields by other providers. */
export const routingFields: readonly string[] = ['models', 'provider']

/** The service tiers that this API knows. */
export const tiers: ReadonlySet<Json> = new Set(['auto', 'default', 'flex', 'scale', 'priority'])
