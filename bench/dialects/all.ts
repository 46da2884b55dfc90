import { anthropicMessages } from './anthropic-messages.ts'
import { bedrockConverse } from './bedrock-converse.ts'
import { cohereChat } from './cohere-chat.ts'
import type { Asked, Spoken } from './dialect.ts'
import { geminiGenerate } from './gemini-generate.ts'
import { openaiChat } from './openai-chat.ts'
import { openaiResponses } from './openai-responses.ts'

const BOTH = [openaiChat, openaiResponses, anthropicMessages, geminiGenerate]

/** In which dialects callers ask. */
export const ASKED: readonly Asked[] = BOTH

/** In which the upstream answers. */
export const SPOKEN: readonly Spoken[] = [...BOTH, bedrockConverse, cohereChat]
