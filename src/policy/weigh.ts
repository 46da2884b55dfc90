import type { Chat, Tool } from '../model/chat.ts'
import type { MediaPart, Part } from '../model/part.ts'

/** What of a chat costs input tokens: texts to be counted, and so many tokens that need no counting. */
export type Weight = { readonly texts: readonly string[]; readonly tokens: number }

/** Each message is wrapped in marks (OpenAI's cookbook, "How to count tokens with tiktoken"). */
const perMessage = 4

/**
 * A middling size of each kind, as pictures and files are not looked into: an image by OpenAI's and Anthropic's tables
 * of common sizes, a page of a document, half a minute of sound (Gemini: 32 tokens a second), ten seconds of video (263).
 */
const perMedia: Readonly<Record<MediaPart['kind'], number>> = { image: 1000, document: 2000, audio: 960, video: 2630 }

/** What a chat weighs before anybody has answered it. */
export function weigh(chat: Chat): Weight {
  const parts = chat.messages.flatMap(message => message.parts)
  const schema = chat.format?.type === 'schema' ? [JSON.stringify(chat.format.schema)] : []
  return {
    texts: [...parts.flatMap(textsOf), ...chat.tools.flatMap(textsOfTool), ...schema],
    tokens: chat.messages.length * perMessage + parts.reduce((sum, part) => sum + mediaTokens(part), 0),
  }
}

function textsOf(part: Part): readonly string[] {
  switch (part.type) {
    case 'text':
    case 'reasoning':
    case 'refusal':
      return [part.text]
    case 'tool-call':
      return [part.name, part.input]
    case 'tool-result':
      return part.parts.flatMap(textsOf)
    case 'media':
      return part.source.from === 'text' ? [part.source.text] : []
    case 'opaque':
      return [part.seal.value]
    default:
      return part satisfies never
  }
}

function mediaTokens(part: Part): number {
  if (part.type === 'tool-result') return part.parts.reduce((sum, inner) => sum + mediaTokens(inner), 0)
  return part.type === 'media' && part.source.from !== 'text' ? perMedia[part.kind] : 0
}

function textsOfTool(tool: Tool): readonly string[] {
  switch (tool.type) {
    case 'function':
      return [tool.name, tool.description ?? '', JSON.stringify(tool.schema ?? {})]
    case 'custom':
      return [tool.name, tool.description ?? '', JSON.stringify(tool.grammar ?? {})]
    case 'hosted':
      return [JSON.stringify(tool.wire)]
    default:
      return tool satisfies never
  }
}
