import { createParser } from 'eventsource-parser'
import type { Exchange } from './exchanges.ts'
import { type Meaning, type Stop, usageOf, valueOf } from './meaning.ts'

/**
 * What a recorded reply means, read from its bytes in another way than the relay reads it: everything parsed, by
 * somebody else's parser of events, into loose JSON.
 */

// biome-ignore lint/suspicious/noExplicitAny: recordings of forty providers have no common type.
type Loose = any

export function recordedMeaning(exchange: Exchange): Meaning {
  const read = readers[exchange.dialect]
  if (!read) throw new Error(`Nobody here reads ${exchange.dialect}.`)
  return read(chunksOf(exchange), exchange.streamed)
}

const readers: Readonly<Record<string, (chunks: readonly Loose[], streamed: boolean) => Meaning>> = {
  'openai-chat': readOpenAi,
  'openai-responses': readResponses,
  'anthropic-messages': readAnthropic,
  'gemini-generate': readGemini,
  'bedrock-converse': readBedrock,
  'cohere-chat': readCohere,
}

/** The JSON texts of a reply: one if it is whole, else one an event. */
export function chunksOf({ bytes, streamed, contentType }: Exchange): readonly Loose[] {
  if (!streamed) return [JSON.parse(bytes.toString())]
  if (contentType.includes('amazon')) return framesOf(bytes)
  const chunks: Loose[] = []
  const parser = createParser({
    onEvent: ({ data }) => {
      if (data.trimStart().startsWith('{')) chunks.push(JSON.parse(data))
    },
  })
  parser.feed(bytes.toString())
  parser.feed('\n\n')
  return chunks
}

/** Amazon's binary frames: lengths, headers, payload (docs.aws.amazon.com, "Event stream encoding"). */
function framesOf(bytes: Buffer): Loose[] {
  const frames: Loose[] = []
  for (let at = 0; at < bytes.length; at += bytes.readUInt32BE(at)) {
    const headersEnd = at + 12 + bytes.readUInt32BE(at + 4)
    const names = bytes.toString('latin1', at + 12, headersEnd)
    const type = /:event-type\x07..(\w+)/s.exec(names)?.[1] ?? 'exception'
    frames.push({ [type]: JSON.parse(bytes.toString('utf8', headersEnd, at + bytes.readUInt32BE(at) - 4) || '{}') })
  }
  return frames
}

const stopIn = (word: unknown, words: Readonly<Record<string, Stop>>, tools: boolean): Stop => {
  const stop = words[String(word)] ?? 'other'
  return stop === 'end' && tools ? 'tools' : stop
}

const last = <T>(values: readonly T[]): T | undefined => values.at(-1)

const openAiStops = {
  stop: 'end',
  eos: 'end',
  length: 'length',
  max_tokens: 'length',
  model_length: 'length',
  tool_calls: 'tools',
  function_call: 'tools',
  content_filter: 'refused',
  refusal: 'refused',
} as const

function readOpenAi(chunks: readonly Loose[], streamed: boolean): Meaning {
  const pieces = chunks.flatMap(chunk => chunk.choices?.filter((choice: Loose) => (choice.index ?? 0) === 0) ?? [])
  const said = pieces.map(choice => (streamed ? (choice.delta ?? choice.message) : choice.message) ?? {})
  const calls: { name: string; text: string; id?: string }[] = []
  let slot = -1
  const slots = new Map<unknown, number>()
  for (const one of said) {
    const listed = one.tool_calls ?? (one.function_call ? [{ index: 0, function: one.function_call }] : [])
    for (const call of listed) {
      if (!call.function?.name && !call.custom && !call.function?.arguments) continue
      const key = call.index ?? call.id ?? slot
      if (
        !streamed ||
        !slots.has(key) ||
        (call.id && call.function?.name && calls[slots.get(key) ?? 0]?.id !== call.id)
      ) {
        slot = calls.push({ name: call.function?.name ?? call.custom?.name ?? '', text: '', id: call.id }) - 1
        slots.set(key, slot)
      }
      const entry = calls[slots.get(key) ?? slot]
      const piece = call.function?.arguments ?? call.custom?.input ?? ''
      if (entry) entry.text += typeof piece === 'string' ? piece : JSON.stringify(piece)
    }
  }
  const stop = last(pieces.map(choice => choice.finish_reason).filter(Boolean))
  const usage = last(chunks.map(chunk => chunk.usage).filter(each => each && each.prompt_tokens != null))
  const output = Math.max(usage?.completion_tokens ?? 0, (usage?.total_tokens ?? 0) - (usage?.prompt_tokens ?? 0))
  return {
    text: said.map(one => textIn(one.content) + (one.refusal ?? '')).join(''),
    tools: calls.map(({ name, text }) => ({ name, input: valueOf(text) })),
    stop: stopIn(stop, openAiStops, calls.length > 0),
    usage:
      usage && usageOf(usage.prompt_tokens, Math.max(output, usage.completion_tokens_details?.reasoning_tokens ?? 0)),
  }
}

/** A text, or parts of which those of text are what is said (Mistral's others are thoughts and references). */
function textIn(content: Loose): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return content ? JSON.stringify(content) : ''
  return content.map((part: Loose) => (part.type === 'text' ? part.text : '')).join('')
}

function readResponses(chunks: readonly Loose[], streamed: boolean): Meaning {
  const ends = chunks.filter(chunk => /^response\.(completed|incomplete|failed)$/.test(chunk.type))
  const response = streamed ? last(ends)?.response : chunks[0]
  const done = chunks.filter(chunk => chunk.type === 'response.output_item.done').map(chunk => chunk.item)
  const items = response?.output?.length > 0 ? response.output : done
  const parts = items.filter((item: Loose) => item.type === 'message').flatMap((item: Loose) => item.content ?? [])
  const calls = items.filter((item: Loose) => item.type === 'function_call' || item.type === 'custom_tool_call')
  const refused = parts.some((part: Loose) => part.type === 'refusal')
  const cut = response?.incomplete_details?.reason
  const { input_tokens, output_tokens } = response?.usage ?? {}
  return {
    text: parts.map((part: Loose) => part.text ?? part.refusal ?? '').join(''),
    tools: calls.map((call: Loose) => ({ name: call.name, input: valueOf(call.arguments ?? call.input) })),
    stop:
      cut === 'content_filter' ? 'refused' : cut ? 'length' : refused ? 'refused' : calls.length > 0 ? 'tools' : 'end',
    usage: usageOf(input_tokens, output_tokens),
  }
}

const anthropicStops = {
  end_turn: 'end',
  stop_sequence: 'end',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tools',
  refusal: 'refused',
} as const

function readAnthropic(chunks: readonly Loose[], streamed: boolean): Meaning {
  const blocks: Loose[] = streamed ? [] : chunks[0].content
  let usage: Loose = streamed ? {} : chunks[0].usage
  let stop: unknown = streamed ? undefined : chunks[0].stop_reason
  for (const chunk of streamed ? chunks : []) {
    if (chunk.type === 'message_start') usage = { ...chunk.message.usage }
    if (chunk.type === 'content_block_start') blocks[chunk.index] = { ...chunk.content_block, json: '' }
    if (chunk.type === 'content_block_delta') {
      const block = blocks[chunk.index]
      if (chunk.delta.type === 'text_delta') block.text += chunk.delta.text
      if (chunk.delta.type === 'input_json_delta') block.json += chunk.delta.partial_json
    }
    if (chunk.type === 'message_delta') {
      stop = chunk.delta.stop_reason ?? stop
      for (const [name, value] of Object.entries(chunk.usage ?? {})) if (value !== null) usage[name] = value
    }
  }
  const calls = blocks.filter(block => block?.type === 'tool_use')
  const input = usage.input_tokens + (usage.cache_read_input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0)
  return {
    text: blocks.map(block => (block?.type === 'text' ? block.text : '')).join(''),
    tools: calls.map(call => ({ name: call.name, input: call.json ? valueOf(call.json) : call.input })),
    stop: stopIn(stop, anthropicStops, false),
    usage: usageOf(input, usage.output_tokens),
  }
}

const geminiStops = {
  STOP: 'end',
  MAX_TOKENS: 'length',
  SAFETY: 'refused',
  PROHIBITED_CONTENT: 'refused',
  RECITATION: 'refused',
  BLOCKLIST: 'refused',
  IMAGE_SAFETY: 'refused',
} as const

function readGemini(chunks: readonly Loose[]): Meaning {
  const candidates = chunks.flatMap(chunk => (chunk.candidates ?? []).filter((each: Loose) => (each.index ?? 0) === 0))
  const parts = candidates.flatMap(candidate => candidate.content?.parts ?? [])
  const calls = parts.filter(part => part.functionCall)
  const usage = last(chunks.map(chunk => chunk.usageMetadata).filter(Boolean))
  const blocked = chunks.some(chunk => chunk.promptFeedback?.blockReason)
  const stop = last(candidates.map(candidate => candidate.finishReason).filter(Boolean))
  return {
    text: parts.map(part => (part.thought ? '' : (part.text ?? ''))).join(''),
    tools: calls.map(({ functionCall }) => ({ name: functionCall.name, input: functionCall.args ?? {} })),
    stop: blocked ? 'refused' : stopIn(stop, geminiStops, calls.length > 0),
    usage:
      usage &&
      usageOf(
        (usage.promptTokenCount ?? 0) + (usage.toolUsePromptTokenCount ?? 0),
        (usage.candidatesTokenCount ?? 0) + (usage.thoughtsTokenCount ?? 0),
      ),
  }
}

const bedrockStops = {
  end_turn: 'end',
  stop_sequence: 'end',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tools',
  guardrail_intervened: 'refused',
  content_filtered: 'refused',
} as const

function readBedrock(chunks: readonly Loose[], streamed: boolean): Meaning {
  const blocks: Loose[] = streamed ? [] : (chunks[0].output?.message?.content ?? [])
  let stop = chunks[0]?.stopReason
  let usage = chunks[0]?.usage
  for (const chunk of streamed ? chunks : []) {
    const { contentBlockStart: start, contentBlockDelta: delta } = chunk
    if (start)
      blocks[start.contentBlockIndex] = { toolUse: start.start?.toolUse && { ...start.start.toolUse, json: '' } }
    if (delta) {
      const block = (blocks[delta.contentBlockIndex] ??= {})
      if (delta.delta.text !== undefined) block.text = (block.text ?? '') + delta.delta.text
      if (delta.delta.toolUse) block.toolUse.json += delta.delta.toolUse.input
    }
    stop = chunk.messageStop?.stopReason ?? stop
    usage = chunk.metadata?.usage ?? usage
  }
  const calls = blocks.filter(block => block?.toolUse).map(block => block.toolUse)
  const input = usage?.inputTokens + (usage?.cacheReadInputTokens ?? 0) + (usage?.cacheWriteInputTokens ?? 0)
  return {
    text: blocks
      .map(block => block?.text ?? block?.citationsContent?.content?.map((c: Loose) => c.text).join('') ?? '')
      .join(''),
    tools: calls.map(call => ({ name: call.name, input: call.json === undefined ? call.input : valueOf(call.json) })),
    stop: stopIn(stop, bedrockStops, false),
    usage: usage && usageOf(input, usage.outputTokens),
  }
}

const cohereStops = {
  COMPLETE: 'end',
  STOP_SEQUENCE: 'end',
  MAX_TOKENS: 'length',
  TOOL_CALL: 'tools',
  ERROR_TOXIC: 'refused',
} as const

function readCohere(chunks: readonly Loose[], streamed: boolean): Meaning {
  if (!streamed) return cohere(chunks[0].message, chunks[0].finish_reason, chunks[0].usage)
  const content = chunks.filter(chunk => chunk.type === 'content-delta').map(chunk => chunk.delta.message.content)
  const calls: Loose[] = []
  for (const { type, index, delta } of chunks) {
    if (type === 'tool-call-start') calls[index] = structuredClone(delta.message.tool_calls)
    if (type === 'tool-call-delta') calls[index].function.arguments += delta.message.tool_calls.function.arguments
  }
  const end = chunks.find(chunk => chunk.type === 'message-end')?.delta
  return cohere(
    { content: content.map(each => ({ type: 'text', text: each.text ?? '' })), tool_calls: calls.filter(Boolean) },
    end?.finish_reason,
    end?.usage,
  )
}

function cohere(message: Loose, stop: unknown, usage: Loose): Meaning {
  const calls = message.tool_calls ?? []
  return {
    text: textIn(message.content),
    tools: calls.map((call: Loose) => ({ name: call.function.name, input: valueOf(call.function.arguments) })),
    stop: stopIn(stop, cohereStops, false),
    usage: usage?.tokens && usageOf(usage.tokens.input_tokens, usage.tokens.output_tokens),
  }
}
