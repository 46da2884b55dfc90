import type { Answer, Choice } from '../../model/answer.ts'
import type { JsonObject } from '../../model/json.ts'
import type { MediaPart, Part, TextPart, ToolCallPart } from '../../model/part.ts'
import type { Making } from '../dialect.ts'
import { type CallForm, callFormOf } from './call-form.ts'
import { writeCitation } from './citations.ts'
import { dialectId } from './id.ts'
import { writeLogprobs } from './logprobs.ts'
import { headOf } from './reply-head.ts'
import { writeShown, writeSound } from './shown.ts'
import { writeStop } from './stop.ts'
import { signatureFor, withSignature, writeDetail } from './thoughts.ts'
import { writeTier, writeUsage } from './usage.ts'

/** A whole reply for a caller. */
export function writeAnswer(answer: Answer, making: Making): JsonObject {
  const { id, created, model } = headOf(answer, making)
  const choices = answer.choices.length > 0 ? answer.choices : [{ parts: [] }]
  return {
    id,
    object: 'chat.completion',
    created,
    model,
    choices: choices.map((choice, index) => writeChoice(choice, index, making)),
    ...(answer.usage && { usage: writeUsage(answer.usage) }),
    ...writeTier(answer.tier),
    ...(answer.extras?.dialect === dialectId && answer.extras.fields),
  }
}

function writeChoice({ parts, stop, logprobs }: Choice, index: number, making: Making): JsonObject {
  const refusal = parts.some(part => part.type === 'refusal')
  const calls = parts.some(part => part.type === 'tool-call')
  const form = callFormOf(making.body)
  return {
    index,
    message: writeMessage(parts, making, form),
    logprobs: writeLogprobs(logprobs),
    finish_reason: writeStop(stop?.reason ?? (calls ? 'tools' : 'end'), { refusal, calls }, form),
  }
}

function writeMessage(parts: readonly Part[], making: Making, form: CallForm): JsonObject {
  const texts = ofType(parts, 'text')
  const media = ofType(parts, 'media')
  const calls = ofType(parts, 'tool-call')
  const shown = media.filter(part => part.kind !== 'audio').map(writeShown)
  return {
    role: 'assistant',
    content: texts.length > 0 ? texts.map(part => part.text).join('') : null,
    refusal: joined(ofType(parts, 'refusal')) ?? null,
    ...writeThoughts(ofType(parts, 'reasoning')),
    ...annotations(texts),
    ...signature(texts),
    ...heard(media, making),
    ...(shown.length > 0 && { images: shown }),
    ...writeCalls(calls, form),
  }
}

const ofType = <T extends Part['type']>(
  parts: readonly Part[],
  type: T,
): readonly Extract<Part, { readonly type: T }>[] =>
  parts.filter((part): part is Extract<Part, { readonly type: T }> => part.type === type)

const joined = (parts: readonly { readonly text: string }[]): string | undefined =>
  parts.length === 0 ? undefined : parts.map(part => part.text).join('')

/** The words, and beside them all of it in details if there is a part that only its maker understands. */
function writeThoughts(parts: readonly Extract<Part, { readonly type: 'reasoning' }>[]): JsonObject {
  const words = joined(parts)
  return {
    ...(words && { reasoning_content: words }),
    ...(parts.some(part => part.seal) && { reasoning_details: parts.map(writeDetail) }),
  }
}

/** Offsets count from the beginning of the whole content. */
function annotations(texts: readonly TextPart[]): JsonObject {
  let before = 0
  const found = texts.flatMap(({ text, citations = [] }) => {
    const span = { from: before, length: text.length }
    before += text.length
    return citations.map(citation => writeCitation(citation, span)).filter(each => each !== undefined)
  })
  return found.length > 0 ? { annotations: found } : {}
}

function signature(texts: readonly TextPart[]): JsonObject {
  const seal = texts.findLast(part => part.seal)?.seal
  return seal ? withSignature(signatureFor(seal)) : {}
}

function heard(media: readonly MediaPart[], making: Making): JsonObject {
  const sound = media.find(part => part.kind === 'audio')
  return sound ? { audio: writeSound(sound, making) } : {}
}

/** A turn has one `function_call`: that there be one was asked for, or told as lost. */
function writeCalls(calls: readonly ToolCallPart[], form: CallForm): JsonObject {
  const [first] = calls
  if (!first) return {}
  return form === 'function' ? { function_call: writeFunctionCall(first) } : { tool_calls: calls.map(writeCall) }
}

const writeFunctionCall = ({ name, input, seal }: ToolCallPart): JsonObject => ({
  name,
  arguments: input,
  ...(seal && withSignature(signatureFor(seal))),
})

const writeCall = ({ id, name, input, custom, seal }: ToolCallPart): JsonObject => ({
  id,
  ...(custom
    ? { type: 'custom', custom: { name, input } }
    : { type: 'function', function: { name, arguments: input } }),
  ...(seal && withSignature(signatureFor(seal))),
})
