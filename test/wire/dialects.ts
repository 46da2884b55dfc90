import { anthropicMessages } from '../../src/dialects/anthropic-messages/index.ts'
import { bedrockConverse } from '../../src/dialects/bedrock-converse/index.ts'
import { cohereChat } from '../../src/dialects/cohere-chat/index.ts'
import type { Dialect, ProviderDialect } from '../../src/dialects/dialect.ts'
import { geminiGenerate } from '../../src/dialects/gemini-generate/index.ts'
import { openaiChat } from '../../src/dialects/openai-chat/index.ts'
import { openaiResponses } from '../../src/dialects/openai-responses/index.ts'

/** Those that callers speak, and those that providers speak. */
export const callerDialects: readonly Dialect[] = [openaiChat, openaiResponses, anthropicMessages, geminiGenerate]
export const providerDialects: readonly ProviderDialect[] = [...callerDialects, bedrockConverse, cohereChat]

export const callers: readonly string[] = callerDialects.map(({ id }) => id)

export const callerDialect = (id: string): Dialect => found(callerDialects, id)
export const providerDialect = (id: string): ProviderDialect => found(providerDialects, id)

function found<Kind extends ProviderDialect>(among: readonly Kind[], id: string): Kind {
  const dialect = among.find(each => each.id === id)
  if (!dialect) throw new Error(`Nobody speaks ${id}.`)
  return dialect
}
