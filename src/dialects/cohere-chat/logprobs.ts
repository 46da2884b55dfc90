import type { TokenLogprob } from '../../model/delta.ts'
import { isObject, type Json } from '../../model/json.ts'
import { logprobOf } from '../token-logprobs.ts'

/** Tokens come in chunks of text, mostly one by one; the probability of a chunk is that of all its tokens. */
export function readLogprobs(items: readonly Json[]): readonly TokenLogprob[] {
  return items.flatMap(item => {
    if (!isObject(item) || !Array.isArray(item.logprobs)) return []
    const logprob = item.logprobs.reduce<number>((sum, each) => sum + logprobOf(each as Json), 0)
    return [{ token: typeof item.text === 'string' ? item.text : '', logprob, top: [] }]
  })
}
