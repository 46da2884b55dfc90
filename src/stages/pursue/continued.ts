import type { Chat, Message } from '../../model/chat.ts'
import { anchorOf, type Manner } from './splice.ts'

/** In UTF-8 four bytes are about a token, in any script. */
const bytesPerToken = 4

/**
 * Whether what follows can be put behind what was said: one reply, of free text. A model that is held to JSON begins with
 * its first brace, wherever the other stopped.
 */
export const canContinue = ({ format, candidates, logprobs, modalities }: Chat): boolean =>
  (format === undefined || format.type === 'text') &&
  (candidates ?? 1) === 1 &&
  logprobs === undefined &&
  (modalities ?? []).every(modality => modality.toLowerCase() === 'text')

export type Continued = { readonly chat: Chat; readonly manner: Manner }

/**
 * The same request, with what was said so far as the model's own turn and, where the model does not go on with that by
 * itself, the wish that it does. It is not to think once more about what it is in the middle of saying.
 */
export function continuedChat(chat: Chat, said: string, prefills: boolean): Continued {
  const whole = said.replace(/[\uD800-\uDBFF]$/, '').toWellFormed()
  // Nothing was said but white space: the whole reply is still to come.
  if (whole.trim() === '') return { chat, manner: 'prefilled' }
  const manner = prefills ? 'prefilled' : 'asked'
  const anchor = anchorOf(whole)
  const turn = manner === 'prefilled' ? whole.trimEnd() : whole
  const messages = [...withTurn(chat.messages, turn), ...(manner === 'asked' ? [wish(anchor)] : [])]
  const { reasoning, maxTokens, ...rest } = chat
  return {
    manner,
    chat: {
      ...rest,
      messages,
      ...(isOff(reasoning) && { reasoning }),
      ...(maxTokens !== undefined && { maxTokens: tokensLeft(maxTokens, whole, manner === 'asked' ? anchor : '') }),
    },
  }
}

const isOff = (reasoning: Chat['reasoning']): boolean => reasoning?.effort === 'none' || reasoning?.budget === 0

/** A turn of the model's that the caller had begun goes on. */
function withTurn(messages: readonly Message[], text: string): readonly Message[] {
  const last = messages.at(-1)
  const part = { type: 'text', text } as const
  if (last?.role !== 'assistant') return [...messages, { role: 'assistant', parts: [part] }]
  return [...messages.slice(0, -1), { ...last, parts: [...last.parts, part] }]
}

/** What was said is gone from what the reply may have; what is to be repeated comes on top. */
function tokensLeft(most: number, said: string, anchor: string): number {
  return Math.max(1, most - tokensOf(said)) + tokensOf(anchor)
}

const tokensOf = (text: string): number => Math.ceil(Buffer.byteLength(text) / bytesPerToken)

/** To begin with the last words once more is what makes the seam exact: in the middle of a word, too. */
const wish = (anchor: string): Message => ({
  role: 'user',
  parts: [
    {
      type: 'text',
      text: `Your reply was cut off by a technical failure. Go on with it exactly where it stops, in the same language and form, without any remark. Begin by repeating its last words exactly as they stand between the marks, without the marks: <<<${anchor}>>>`,
    },
  ],
})
