import type { TokenLogprob } from '../../model/delta.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import { logprobOf } from '../token-logprobs.ts'

/** `logprobsResult`: the chosen token of each step in one list, the likeliest ones of each step in another. */
export function readLogprobs(wire: Json | undefined): readonly TokenLogprob[] {
  if (!isObject(wire)) return []
  const steps = Array.isArray(wire.topCandidates) ? wire.topCandidates : []
  return listed(wire.chosenCandidates).map((chosen, i) => {
    const step = steps[i]
    return { ...tokenOf(chosen), top: isObject(step) ? listed(step.candidates).map(tokenOf) : [] }
  })
}

const listed = (value: Json | undefined): readonly JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : [])

const tokenOf = ({ token, logProbability }: JsonObject) => ({
  token: typeof token === 'string' ? token : '',
  logprob: logprobOf(logProbability),
})

export const writeLogprobs = (tokens: readonly TokenLogprob[]): JsonObject => ({
  chosenCandidates: tokens.map(wireToken),
  ...(tokens.some(({ top }) => top.length > 0)
    ? { topCandidates: tokens.map(({ top }) => ({ candidates: top.map(wireToken) })) }
    : {}),
})

const wireToken = ({ token, logprob }: Pick<TokenLogprob, 'token' | 'logprob'>): JsonObject => ({
  token,
  logProbability: logprob,
})
