import type { TokenLogprob } from '../../model/delta.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import { tokensIn } from '../token-logprobs.ts'

/** Log probabilities of what was said; where nothing was, of the refusal. */
export function readLogprobs(logprobs: Json | undefined): readonly TokenLogprob[] {
  if (!isObject(logprobs)) return []
  const content = tokensIn(logprobs.content)
  return content.length > 0 ? content : tokensIn(logprobs.refusal)
}

export const writeLogprobs = (tokens: readonly TokenLogprob[] | undefined): JsonObject | null =>
  tokens === undefined ? null : { content: tokens.map(writeToken), refusal: null }

const writeToken = ({ top, ...token }: TokenLogprob): JsonObject => ({
  ...writeOne(token),
  top_logprobs: top.map(writeOne),
})

const writeOne = ({ token, logprob, bytes }: Omit<TokenLogprob, 'top'>): JsonObject => ({
  token,
  logprob,
  bytes: bytes ?? null,
})
