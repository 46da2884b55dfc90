import { argumentsIn, type Meaning, sourcesOf, usageOf } from '../meaning.ts'
import { type Loose, stopIn } from './loose.ts'

const stops = {
  end_turn: 'end',
  stop_sequence: 'end',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tools',
  refusal: 'refused',
} as const

export function readAnthropic(chunks: readonly Loose[], streamed: boolean): Meaning {
  const { content: blocks, usage, stop_reason: stop } = streamed ? joined(chunks) : chunks[0]
  const calls = blocks.filter((block: Loose) => block?.type === 'tool_use')
  const input = usage.input_tokens + (usage.cache_read_input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0)
  return {
    text: blocks.map((block: Loose) => (block?.type === 'text' ? block.text : '')).join(''),
    thoughts: blocks.map((block: Loose) => (block?.type === 'thinking' ? block.thinking : '')).join(''),
    images: [],
    sources: sourcesOf(
      blocks.flatMap((block: Loose) => block?.citations ?? []).map((each: Loose) => each.url ?? each.source),
    ),
    tools: calls.map((call: Loose) => ({ name: call.name, input: call.json ? argumentsIn(call.json) : call.input })),
    stop: stopIn(stop, stops, false),
    usage: usageOf(input, usage.output_tokens),
  }
}

/** The message that a stream tells. Its usage is told twice, and what is told later replaces what was told before. */
function joined(chunks: readonly Loose[]): Loose {
  const message: Loose = { content: [], usage: {}, stop_reason: undefined }
  for (const chunk of chunks) {
    if (chunk.type === 'message_start') message.usage = { ...chunk.message.usage }
    if (chunk.type === 'content_block_start') message.content[chunk.index] = { ...chunk.content_block, json: '' }
    if (chunk.type === 'content_block_delta') grow(message.content[chunk.index], chunk.delta)
    if (chunk.type !== 'message_delta') continue
    message.stop_reason = chunk.delta.stop_reason ?? message.stop_reason
    for (const [name, value] of Object.entries(chunk.usage ?? {})) if (value !== null) message.usage[name] = value
  }
  return message
}

function grow(block: Loose, delta: Loose): void {
  if (delta.type === 'thinking_delta') block.thinking += delta.thinking
  if (delta.type === 'citations_delta') block.citations = [...(block.citations ?? []), delta.citation]
  if (delta.type === 'text_delta') block.text += delta.text
  if (delta.type === 'input_json_delta') block.json += delta.partial_json
}
