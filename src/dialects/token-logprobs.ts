import type { TokenLogprob } from '../model/delta.ts'
import { isObject, type Json, type JsonObject } from '../model/json.ts'
import { odd } from './provider-fault.ts'
import { measure } from './told.ts'

/** Log probabilities of tokens, as OpenAI's wires tell them: each token with its likeliest alternatives. */
export const tokensIn = (list: Json | undefined): readonly TokenLogprob[] =>
  objects(list).map(token => ({ ...tokenOf(token), top: objects(token.top_logprobs).map(tokenOf) }))

const objects = (list: Json | undefined): readonly JsonObject[] => (Array.isArray(list) ? list.filter(isObject) : [])

const tokenOf = ({ token, logprob, bytes }: JsonObject) => ({
  token: typeof token === 'string' ? token : '',
  logprob: logprobOf(logprob),
  ...(isBytes(bytes) && { bytes }),
})

/** Some know no probability of a token that they were given. */
export function logprobOf(value: Json | undefined): number {
  const logprob = measure(value ?? 0)
  if (logprob !== undefined) return logprob
  throw odd('logprob', value)
}

const isBytes = (value: Json | undefined): value is readonly number[] =>
  Array.isArray(value) && value.every(byte => Number.isInteger(byte))
