import { argumentsIn, type Meaning, sourcesOf, usageOf } from '../meaning.ts'
import { type Loose, stopIn } from './loose.ts'

const stops = {
  end_turn: 'end',
  stop_sequence: 'end',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tools',
  guardrail_intervened: 'refused',
  content_filtered: 'refused',
} as const

export function readBedrock(chunks: readonly Loose[], streamed: boolean): Meaning {
  const { blocks, stop, usage } = streamed ? joined(chunks) : whole(chunks[0])
  const calls = blocks.map(block => block?.toolUse).filter(use => use && use.type !== 'server_tool_use')
  const input = usage?.inputTokens + (usage?.cacheReadInputTokens ?? 0) + (usage?.cacheWriteInputTokens ?? 0)
  return {
    text: blocks.map(block => block?.text ?? citedIn(block)).join(''),
    thoughts: blocks.map(block => block?.reasoningContent?.reasoningText?.text ?? '').join(''),
    images: [],
    sources: sourcesOf(
      blocks
        .flatMap(block => block?.citationsContent?.citations ?? [])
        .map(({ source, location }) => location?.web?.url ?? source),
    ),
    tools: calls.map(call => ({
      name: call.name,
      input: call.json === undefined ? call.input : argumentsIn(call.json),
    })),
    stop: stopIn(stop, stops, false),
    usage: usage && usageOf(input, usage.outputTokens),
  }
}

const citedIn = (block: Loose): string =>
  (block?.citationsContent?.content ?? []).map((each: Loose) => each.text).join('')

type Reply = { readonly blocks: Loose[]; stop: string | undefined; usage: Loose }

const whole = ({ output, stopReason, usage }: Loose): Reply => ({
  blocks: output?.message?.content ?? [],
  stop: stopReason,
  usage,
})

function joined(chunks: readonly Loose[]): Reply {
  const reply: Reply = { blocks: [], stop: undefined, usage: undefined }
  for (const { contentBlockStart: start, contentBlockDelta: delta, messageStop, metadata } of chunks) {
    if (start) reply.blocks[start.contentBlockIndex] = begun(start.start)
    if (delta) reply.blocks[delta.contentBlockIndex] = grown(reply.blocks[delta.contentBlockIndex] ?? {}, delta.delta)
    reply.stop = messageStop?.stopReason ?? reply.stop
    reply.usage = metadata?.usage ?? reply.usage
  }
  return reply
}

const begun = (start: Loose): Loose => ({ toolUse: start?.toolUse && { ...start.toolUse, json: '' } })

function grown(block: Loose, { text, toolUse, reasoningContent }: Loose): Loose {
  if (reasoningContent?.text) {
    const before = block.reasoningContent?.reasoningText?.text ?? ''
    block.reasoningContent = { reasoningText: { text: before + reasoningContent.text } }
  }
  if (text !== undefined) block.text = (block.text ?? '') + text
  if (toolUse) block.toolUse.json += toolUse.input
  return block
}
