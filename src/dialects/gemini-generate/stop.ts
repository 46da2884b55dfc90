import type { StopReason } from '../../model/delta.ts'

/** Gemini's finish reasons, with those of Vertex. What is not here is `other`. */
const meanings: Readonly<Record<string, StopReason>> = {
  STOP: 'end',
  MAX_TOKENS: 'length',
  SAFETY: 'filtered',
  RECITATION: 'filtered',
  BLOCKLIST: 'filtered',
  PROHIBITED_CONTENT: 'filtered',
  SPII: 'filtered',
  IMAGE_SAFETY: 'filtered',
  IMAGE_PROHIBITED_CONTENT: 'filtered',
  IMAGE_RECITATION: 'filtered',
  MODEL_ARMOR: 'filtered',
  MALFORMED_FUNCTION_CALL: 'malformed',
  MALFORMED_RESPONSE: 'malformed',
  UNEXPECTED_TOOL_CALL: 'malformed',
  LANGUAGE: 'other',
  OTHER: 'other',
  IMAGE_OTHER: 'other',
  NO_IMAGE: 'other',
  TOO_MANY_TOOL_CALLS: 'other',
  MISSING_THOUGHT_SIGNATURE: 'other',
  ESCALATION: 'other',
  CONTINUATION: 'paused',
}

/** Whether a word says why a reply stopped; an empty one, or the one for "not yet", does not. */
export const isReason = (word: unknown): word is string =>
  typeof word === 'string' && word !== '' && word !== 'FINISH_REASON_UNSPECIFIED'

/** What a finish reason means. The wire says STOP for function calls too. */
export function readStop(word: string, called: boolean): StopReason {
  const reason = Object.hasOwn(meanings, word) ? meanings[word] : undefined
  return reason === 'end' && called ? 'tools' : (reason ?? 'other')
}

/** Reasons of `promptFeedback` that no candidate has; the reference knows `OTHER` there, too. */
const blocks: ReadonlySet<string> = new Set(['OTHER', 'JAILBREAK'])

/** A blocked prompt is answered with 200 and no candidates (ai.google.dev/api/generate-content#PromptFeedback). */
export const withholds = (word: string): boolean => blocks.has(word) || readStop(word, false) === 'filtered'

const words: Readonly<Record<StopReason, string>> = {
  end: 'STOP',
  sequence: 'STOP',
  tools: 'STOP',
  length: 'MAX_TOKENS',
  context: 'MAX_TOKENS',
  refused: 'SAFETY',
  filtered: 'SAFETY',
  paused: 'OTHER',
  malformed: 'MALFORMED_FUNCTION_CALL',
  other: 'OTHER',
}

/** The finish reason for a stop: the provider's own word where it is one of Gemini's. */
export const writeStop = (reason: StopReason, raw: string | undefined): string =>
  raw !== undefined && Object.hasOwn(meanings, raw) ? raw : words[reason]
