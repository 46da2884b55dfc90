import { codeOfStatus, type Fault } from '../../model/fault.ts'
import { type JsonObject, objectIn } from '../../model/json.ts'
import type { FaultReader, Refusal } from '../dialect.ts'
import { failedInside, refused, wordsOf } from '../provider-fault.ts'

/** Errors of Cohere's API: a message without an envelope (docs.cohere.com/reference/errors). */
export const fault: FaultReader = { read }

function read(refusal: Refusal): Fault {
  return refused(refusal, { code: codeOfStatus(refusal.status), words: wordsOf(objectIn(refusal.body)) })
}

/** What a reply ended with that is no end: the model failed, or was not ready in time. */
export function failureOf({ finish_reason: reason, error }: JsonObject): Fault | undefined {
  const words = typeof error === 'string' && error !== '' ? error : undefined
  if (reason === 'TIMEOUT') return failedInside(words ?? 'it took too long.', 'upstream_timeout')
  if (reason === 'ERROR' || words !== undefined) return failedInside(words ?? 'no reason was given.')
  return undefined
}
