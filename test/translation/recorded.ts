import type { Exchange } from './exchanges.ts'
import type { Meaning } from './meaning.ts'
import { readAnthropic } from './recorded/anthropic-messages.ts'
import { readBedrock } from './recorded/bedrock-converse.ts'
import { readCohere } from './recorded/cohere-chat.ts'
import { readGemini } from './recorded/gemini-generate.ts'
import { chunksOf, type Reading } from './recorded/loose.ts'
import { readOpenAi } from './recorded/openai-chat.ts'
import { readResponses } from './recorded/openai-responses.ts'

const readings: Readonly<Record<string, Reading>> = {
  'openai-chat': readOpenAi,
  'openai-responses': readResponses,
  'anthropic-messages': readAnthropic,
  'gemini-generate': readGemini,
  'bedrock-converse': readBedrock,
  'cohere-chat': readCohere,
}

/**
 * What a recorded reply means, read from its bytes in another way than the relay reads it: everything parsed, by
 * somebody else's parser of events, into loose JSON.
 */
export function recordedMeaning(exchange: Exchange): Meaning {
  const read = readings[exchange.dialect]
  if (!read) throw new Error(`Nobody here reads ${exchange.dialect}.`)
  return read(chunksOf(exchange), exchange.streamed)
}
