import { anthropic } from './anthropic.ts'
import { bedrock } from './bedrock.ts'
import { cerebras } from './cerebras.ts'
import { cohere } from './cohere.ts'
import { dashscope } from './dashscope.ts'
import { deepseek } from './deepseek.ts'
import { fireworks } from './fireworks.ts'
import { google } from './google.ts'
import { groq } from './groq.ts'
import { huggingface } from './huggingface.ts'
import { lmstudio } from './lmstudio.ts'
import { mistral } from './mistral.ts'
import { moonshot } from './moonshot.ts'
import { nvidia } from './nvidia.ts'
import { ollama } from './ollama.ts'
import { openai } from './openai.ts'
import { openrouter } from './openrouter.ts'
import { perplexity } from './perplexity.ts'
import type { Provider } from './provider.ts'
import { together } from './together.ts'
import { tokenmix } from './tokenmix.ts'
import { vllm } from './vllm.ts'
import { xai } from './xai.ts'
import { zai } from './zai.ts'

/** Every provider that needs no entry in the config: its row, and a key in its usual variable. */
export const providers: readonly Provider[] = [
  openai,
  anthropic,
  google,
  bedrock,
  cohere,
  deepseek,
  dashscope,
  mistral,
  groq,
  xai,
  together,
  fireworks,
  openrouter,
  perplexity,
  cerebras,
  moonshot,
  zai,
  nvidia,
  huggingface,
  ollama,
  vllm,
  lmstudio,
  tokenmix,
]
