import type { Chat, Noun } from '../../model/chat.ts'
import type { Json, JsonObject } from '../../model/json.ts'
import { type Check, flag, maybe, number, object, text, texts, whole } from '../check.ts'
import type { Names } from '../said-names.ts'

/** What OpenAI's API calls the nouns of a chat. Fields that other providers added keep the names they gave them. */
export const nouns: Readonly<Record<Noun, string>> = {
  toolChoice: 'tool_choice',
  parallelTools: 'parallel_tool_calls',
  format: 'response_format',
  reasoning: 'reasoning_effort',
  maxTokens: 'max_completion_tokens',
  temperature: 'temperature',
  topP: 'top_p',
  topK: 'top_k',
  minP: 'min_p',
  presencePenalty: 'presence_penalty',
  frequencyPenalty: 'frequency_penalty',
  repetitionPenalty: 'repetition_penalty',
  logitBias: 'logit_bias',
  seed: 'seed',
  stop: 'stop',
  candidates: 'n',
  logprobs: 'logprobs',
  verbosity: 'verbosity',
  modalities: 'modalities',
  voice: 'audio',
  prediction: 'prediction',
  webSearch: 'web_search_options',
  serviceTier: 'service_tier',
  metadata: 'metadata',
  user: 'user',
  store: 'store',
  cacheKey: 'prompt_cache_key',
  cacheRetention: 'prompt_cache_retention',
}

/** Nouns with more than one field: older names, and those of other providers of this API. */
export const severalNames: Names = {
  maxTokens: ['max_completion_tokens', 'max_tokens'],
  user: ['user', 'safety_identifier'],
  toolChoice: ['tool_choice', 'function_call'],
  // That `functions` are called one at a time is said by declaring them.
  parallelTools: ['parallel_tool_calls', 'functions'],
  reasoning: ['reasoning.effort', 'reasoning_effort', 'reasoning', 'thinking', 'enable_thinking', 'thinking_budget'],
  'reasoning.effort': ['reasoning.effort', 'reasoning_effort'],
  'reasoning.budget': [
    ...['reasoning.max_tokens', 'thinking.budget_tokens', 'thinking_budget'],
    ...['reasoning.enabled', 'enable_thinking', 'thinking.type'],
  ],
  'reasoning.shown': ['reasoning.exclude', 'include_reasoning'],
}

/** The nouns whose value on the wire is the value in the chat, and what it has to be. */
const plain = {
  parallelTools: flag,
  temperature: number,
  topP: number,
  topK: whole,
  minP: number,
  presencePenalty: number,
  frequencyPenalty: number,
  repetitionPenalty: number,
  logitBias: object,
  seed: whole,
  candidates: whole,
  verbosity: text,
  modalities: texts,
  webSearch: object,
  serviceTier: text,
  metadata: object,
  user: text,
  store: flag,
  cacheKey: text,
  cacheRetention: text,
} as const satisfies Partial<Record<Noun, Check<Json>>>

type PlainNoun = keyof typeof plain
type PlainNouns = Pick<Chat, PlainNoun>

const plainNouns = Object.keys(plain) as readonly PlainNoun[]

export function readPlain(body: JsonObject): PlainNouns {
  const found = plainNouns.flatMap((noun): [PlainNoun, Json][] => {
    const field = nouns[noun]
    const value = maybe<Json>(plain[noun], body[field], field)
    return value === undefined ? [] : [[noun, value]]
  })
  // The table says of each noun what its value is.
  return Object.fromEntries(found) as PlainNouns
}

export const writePlain = (chat: Chat): JsonObject =>
  Object.fromEntries(plainNouns.filter(noun => chat[noun] !== undefined).map(noun => [nouns[noun], chat[noun] as Json]))
