import { argumentsIn, type Meaning, usageOf } from '../meaning.ts'
import { type Loose, stopIn, textIn } from './loose.ts'

const stops = {
  COMPLETE: 'end',
  STOP_SEQUENCE: 'end',
  MAX_TOKENS: 'length',
  TOOL_CALL: 'tools',
  ERROR_TOXIC: 'refused',
} as const

export function readCohere(chunks: readonly Loose[], streamed: boolean): Meaning {
  const { message, finish_reason: stop, usage } = streamed ? joined(chunks) : chunks[0]
  const calls = message.tool_calls ?? []
  return {
    text: textIn(message.content),
    // Why it calls tools is told as a plan.
    thoughts: (message.tool_plan ?? '') + thoughtsIn(message.content),
    images: [],
    sources: [],
    tools: calls.map((call: Loose) => ({ name: call.function.name, input: argumentsIn(call.function.arguments) })),
    stop: stopIn(stop, stops, false),
    usage: usage?.tokens && usageOf(inputIn(usage.tokens), usage.tokens.output_tokens),
  }
}

const thoughtsIn = (content: Loose): string =>
  (Array.isArray(content) ? content : []).map((part: Loose) => part.thinking ?? '').join('')

/** Pictures are counted beside the text. */
const inputIn = ({ input_tokens: text, image_tokens: pictures = 0 }: Loose): number => text + pictures

function joined(chunks: readonly Loose[]): Loose {
  const content = chunks.filter(chunk => chunk.type === 'content-delta').map(chunk => chunk.delta.message.content)
  const calls: Loose[] = []
  for (const { type, index, delta } of chunks) {
    if (type === 'tool-call-start') calls[index] = structuredClone(delta.message.tool_calls)
    if (type === 'tool-call-delta') calls[index].function.arguments += delta.message.tool_calls.function.arguments
  }
  const texts = content.map(each => ({ type: 'text', text: each.text ?? '', thinking: each.thinking }))
  const plan = chunks.map(chunk => (chunk.type === 'tool-plan-delta' ? chunk.delta.message.tool_plan : '')).join('')
  const end = chunks.find(chunk => chunk.type === 'message-end')?.delta
  return { ...end, message: { content: texts, tool_plan: plan, tool_calls: calls.filter(Boolean) } }
}
