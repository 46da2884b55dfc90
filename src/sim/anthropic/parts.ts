/** The pieces that an answer of the Messages API has in common, whole or streamed. */

import { letters, mix } from '../chance.ts'
import type { Desk } from '../dialect.ts'
import type { Placed } from '../recite.ts'
import type { Answer, Script } from '../script.ts'
import { conceal, sign } from '../seal.ts'
import { maker } from './blocks.ts'

export type Letter = { readonly desk: Desk; readonly script: Script }

export const messageBody = ({ name, mark }: Desk) => ({
  model: name,
  id: `msg_01${letters(mark, 22)}`,
  type: 'message',
  role: 'assistant',
  container: null,
})

export function blockBody({ block, call }: Placed, desk: Desk) {
  switch (block.type) {
    case 'thinking':
      return { type: 'thinking', thinking: block.text, signature: signatureOf(block) }
    case 'secret':
      return { type: 'redacted_thinking', data: conceal(maker, block.text) }
    case 'text':
      return { type: 'text', text: block.text, citations: null }
    case 'call':
      return {
        type: 'tool_use',
        id: toolId(desk, call),
        name: block.name,
        input: inputOf(block.text),
        caller: { type: 'direct' },
      }
  }
}

/** Thinking whose text is left out is in its signature instead. */
export const signatureOf = ({ text, whole }: { readonly text: string; readonly whole: string }): string =>
  text === '' ? conceal(maker, whole) : sign(maker, text)

const toolId = ({ mark }: Desk, nth: number): string => `toolu_01${letters(mix(mark, nth), 22)}`

/** Arguments that the limit cut off are no object: Anthropic leaves them out then. */
function inputOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}

const stopReasons = {
  stop: 'end_turn',
  'stop-sequence': 'stop_sequence',
  length: 'max_tokens',
  call: 'tool_use',
  'forced-call': 'tool_use',
  filtered: 'refusal',
} as const

export const stopOf = ({ behaving }: Desk, answer: Answer | undefined) => ({
  stop_reason: answer === undefined || behaving['no-finish'] !== undefined ? null : stopReasons[answer.finish],
  stop_sequence: answer?.stop ?? null,
  stop_details: null,
})

/** All of it, as at the end, or as at the beginning, when next to nothing is said. */
export function usageBody({ desk, script: { usage } }: Letter, output = usage.completion) {
  if (desk.behaving['no-usage'] !== undefined) return {}
  return {
    usage: {
      input_tokens: usage.prompt - usage.cached - usage.written,
      cache_creation_input_tokens: usage.written,
      cache_read_input_tokens: usage.cached,
      cache_creation: { ephemeral_5m_input_tokens: usage.written, ephemeral_1h_input_tokens: 0 },
      output_tokens: output,
      output_tokens_details: { thinking_tokens: output === usage.completion ? usage.thinking : 0 },
      server_tool_use: null,
      service_tier: 'standard',
      inference_geo: 'not_available',
    },
  }
}

export function deltaUsage({ desk, script: { usage } }: Letter) {
  if (desk.behaving['no-usage'] !== undefined) return {}
  return {
    usage: {
      input_tokens: usage.prompt - usage.cached - usage.written,
      cache_creation_input_tokens: usage.written,
      cache_read_input_tokens: usage.cached,
      output_tokens: usage.completion,
      output_tokens_details: { thinking_tokens: usage.thinking },
      server_tool_use: null,
    },
  }
}
