/** The pieces that an answer of Gemini's has in common, whole or streamed. */

import { letters, mix } from '../chance.ts'
import type { Desk } from '../dialect.ts'
import { isObject, type Json } from '../json.ts'
import type { Placed } from '../recite.ts'
import type { Answer, Script, Usage } from '../script.ts'
import { signCall, signThought } from './contents.ts'

export type Letter = { readonly desk: Desk; readonly script: Script }

/** `undefined` where the dialect has no such part, or the limit cut it off. */
export function partOf({ block, answer, call }: Placed, desk: Desk): object | undefined {
  switch (block.type) {
    case 'thinking':
      return { text: block.text, thought: true }
    case 'text':
      return { text: block.text }
    case 'secret':
      return undefined
    case 'call': {
      const args = argsOf(block.text)
      if (args === undefined) return undefined
      const id = desk.behaving['no-ids'] === undefined ? { id: letters(mix(desk.mark, answer + 1000 * call), 8) } : {}
      // Of calls made together the first alone is signed.
      const isFirst = call === (desk.behaving['index-gaps'] === undefined ? 0 : 1)
      const signed = isFirst ? { thoughtSignature: signCall(block.name, args) } : {}
      return { functionCall: { name: block.name, args, ...id }, ...signed }
    }
  }
}

function argsOf(text: string): Json | undefined {
  try {
    const args: Json = JSON.parse(text)
    return isObject(args) ? args : undefined
  } catch {
    return undefined
  }
}

/** What stands at the end of what was thought about: a part without text that vouches for the thinking. */
export const sealPart = ({ thinking, blocks }: Answer): readonly object[] =>
  thinking === '' || blocks.some(({ type }) => type === 'call')
    ? []
    : [{ text: '', thoughtSignature: signThought(thinking) }]

const finishReasons = {
  stop: 'STOP',
  'stop-sequence': 'STOP',
  length: 'MAX_TOKENS',
  call: 'STOP',
  'forced-call': 'STOP',
  filtered: 'SAFETY',
} as const

export const finishOf = ({ behaving }: Desk, { finish }: Answer) => {
  if (behaving['no-finish'] !== undefined) return {}
  const called = finish === 'call' || finish === 'forced-call'
  return {
    finishReason: finishReasons[finish],
    ...(called ? { finishMessage: 'Model generated function call(s).' } : {}),
  }
}

/** What is told beside the candidates; `said` is how much of the answer has come so far. */
export function besides({ desk, script: { usage } }: Letter, said: Said) {
  const { prompt, cached } = usage
  const { candidates, thoughts } = said
  return {
    ...(desk.behaving['no-usage'] === undefined
      ? {
          usageMetadata: {
            promptTokenCount: prompt,
            ...(cached === 0 ? {} : { cachedContentTokenCount: cached }),
            ...(candidates === 0 ? {} : { candidatesTokenCount: candidates }),
            totalTokenCount: prompt + candidates + thoughts,
            promptTokensDetails: [{ modality: 'TEXT', tokenCount: prompt }],
            ...(thoughts === 0 ? {} : { thoughtsTokenCount: thoughts }),
          },
        }
      : {}),
    modelVersion: desk.name,
    responseId: letters(desk.mark, 23),
  }
}

export type Said = { readonly candidates: number; readonly thoughts: number }

export const allOf = ({ completion, thinking }: Usage): Said => ({
  candidates: completion - thinking,
  thoughts: thinking,
})
