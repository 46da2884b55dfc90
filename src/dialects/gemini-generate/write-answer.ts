import type { Answer, Choice } from '../../model/answer.ts'
import type { Json, JsonObject } from '../../model/json.ts'
import type { Part } from '../../model/part.ts'
import { modelOf } from '../../model/sealed.ts'
import type { Making } from '../dialect.ts'
import { type Spoken, writeGrounding } from './citations.ts'
import { writeLogprobs } from './logprobs.ts'
import { ReplyExtras } from './reply-extras.ts'
import { writeStop } from './stop.ts'
import { writeUsage } from './usage.ts'
import { argsIn, blockPart, callPart, mediaParts, signaturePart, textPart, thoughtPart } from './write-parts.ts'

/** A whole reply for a caller of this dialect. */
export function writeAnswer(answer: Answer, making: Making): JsonObject {
  const extras = new ReplyExtras(answer.extras)
  const choices = answer.choices.length > 0 ? answer.choices : [{ parts: [] }]
  const candidates = extras.blocked() ? [] : choices.map((choice, i) => candidateOf(choice, i, extras))
  const usageMetadata = writeUsage(answer.usage, answer.tier, extras.under('usageMetadata.'))
  return {
    ...(candidates.length > 0 ? { candidates } : {}),
    ...(usageMetadata && { usageMetadata }),
    modelVersion: answer.model ?? modelOf(making.maker),
    responseId: answer.id ?? making.id,
    ...extras.top(),
  }
}

function candidateOf(choice: Choice, index: number, extras: ReplyExtras): JsonObject {
  const parts: JsonObject[] = []
  const spoken: Spoken[] = []
  const broken: string[] = []
  for (const part of choice.parts) {
    if (part.type === 'text' && part.citations)
      spoken.push({ index: parts.length, text: part.text, citations: part.citations })
    const written = partsFor(part)
    if (written) parts.push(...written)
    else broken.push(part.type === 'tool-call' ? part.input : '')
  }
  const own = extras.under(`candidates[${index}].`)
  const grounding = writeGrounding(spoken)
  return {
    content: { parts: parts.length > 0 ? parts : [textPart('')], role: 'model' },
    // Google's SDK takes a reply without a reason for one that was cut off, and this one was not.
    ...finish(choice.stop ?? { reason: 'end' }, broken),
    index,
    ...(choice.logprobs && { logprobsResult: writeLogprobs(choice.logprobs) }),
    // A reply of Google's own says in its own words what it rests on, with all that citations leave out.
    ...(grounding && own.citationMetadata === undefined ? { groundingMetadata: grounding } : {}),
    ...own,
  }
}

/** The wire's parts for a part; undefined for a call that is broken: nobody may execute a part of what was meant. */
function partsFor(part: Part): readonly JsonObject[] | undefined {
  switch (part.type) {
    case 'text':
      return [textPart(part.text, part.seal)]
    case 'refusal':
      return [textPart(part.text)]
    case 'reasoning':
      return [part.text === '' && part.seal ? signaturePart(part.seal) : thoughtPart(part.text, part.seal)]
    case 'media':
      return mediaParts(part.source, part.transcript, part.seal)
    case 'tool-call': {
      const args = argsIn(part.input, part.custom)
      return args && [callPart({ ...part, args }, part.seal)]
    }
    case 'opaque':
      return [blockPart(part)]
    // A reply has none.
    case 'tool-result':
      return []
    default:
      return part satisfies never
  }
}

/**
 * Why it stopped. A call that cannot be read is told as Gemini tells one of its own, with what the model wrote; a reply that
 * was cut off at its longest says so instead.
 */
export function finish(
  stop: NonNullable<Choice['stop']>,
  broken: readonly string[],
): { readonly [name: string]: Json } {
  const reason = writeStop(stop.reason, stop.raw)
  if (broken.length > 0 && reason !== 'MAX_TOKENS')
    return { finishReason: 'MALFORMED_FUNCTION_CALL', finishMessage: `Malformed function call: ${broken.join(' ')}` }
  return { finishReason: reason }
}
