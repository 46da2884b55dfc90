/** The pieces that an answer of Converse has in common, whole or streamed. */

import { letters, mix } from '../chance.ts'
import type { Desk } from '../dialect.ts'
import type { Placed } from '../recite.ts'
import type { Answer, Script } from '../script.ts'
import { conceal, sign } from '../seal.ts'
import { maker } from './blocks.ts'

export type Letter = { readonly desk: Desk; readonly script: Script }

export function blockBody(placed: Placed, desk: Desk) {
  const { block } = placed
  switch (block.type) {
    case 'thinking':
      return { reasoningContent: { reasoningText: { text: block.text, signature: sign(maker, block.text) } } }
    case 'secret':
      return { reasoningContent: { redactedContent: redacted(block.text) } }
    case 'text':
      return { text: block.text }
    case 'call':
      return { toolUse: { ...useOf(placed, desk), input: inputOf(block.text) } }
  }
}

export const signatureOf = (text: string): string => sign(maker, text)

/** A blob on this wire: base64 of what Claude would say. */
export const redacted = (text: string): string => Buffer.from(conceal(maker, text)).toString('base64')

export const useOf = ({ block, call }: Placed, { mark }: Desk) => ({
  toolUseId: `tooluse_${letters(mix(mark, call), 22)}`,
  name: block.type === 'call' ? block.name : '',
})

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
  filtered: 'content_filtered',
} as const

export const stopOf = ({ behaving }: Desk, answer: Answer | undefined) =>
  answer === undefined || behaving['no-finish'] !== undefined ? {} : { stopReason: stopReasons[answer.finish] }

export function usageOf({ desk, script: { usage } }: Letter) {
  if (desk.behaving['no-usage'] !== undefined) return {}
  const { prompt, cached, written, completion } = usage
  const cache = cached + written === 0 ? {} : { cacheReadInputTokens: cached, cacheWriteInputTokens: written }
  return {
    usage: {
      inputTokens: prompt - cached - written,
      outputTokens: completion,
      totalTokens: prompt + completion,
      ...cache,
    },
  }
}
