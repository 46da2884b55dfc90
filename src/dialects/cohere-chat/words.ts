import type { StopReason, TokenLogprob } from '../../model/delta.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import type { Citation } from '../../model/part.ts'
import type { Sealed } from '../../model/sealed.ts'
import type { Usage } from '../../model/usage.ts'
import { dialectId, planMark } from './dialect-id.ts'
import { placeOf } from './documents.ts'

/** What whole replies and streams have in common: reasons to stop, usage, citations, probabilities. */

const reasons: Readonly<Record<string, StopReason>> = {
  COMPLETE: 'end',
  STOP_SEQUENCE: 'sequence',
  MAX_TOKENS: 'length',
  TOOL_CALL: 'tools',
  ERROR_LIMIT: 'context',
  ERROR_TOXIC: 'filtered',
}

export const stopOf = (raw: Json | undefined): { readonly reason: StopReason; readonly raw: string } | undefined =>
  typeof raw === 'string' ? { reason: reasons[raw] ?? 'other', raw } : undefined

/**
 * From `tokens`, which count what the model read and wrote, cached tokens among them. `billed_units` leave out the
 * instructions that Cohere puts before every prompt, and are told beside. Images are counted apart from the input, and
 * thoughts within the output.
 */
export function usageOf(wire: Json | undefined): Usage | undefined {
  if (!isObject(wire) || !isObject(wire.tokens)) return undefined
  const { tokens } = wire
  const input = count(tokens.input_tokens) + count(tokens.image_tokens)
  const output = count(tokens.output_tokens)
  const cacheRead = Math.min(count(wire.cached_tokens), input)
  const reasoning = Math.min(count(tokens.reasoning_tokens), output)
  return { input: input - cacheRead, cacheRead, cacheWrite: 0, output: output - reasoning, reasoning }
}

function count(value: Json | undefined): number {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) && number > 0 ? Math.round(number) : 0
}

/** What was billed: a fact without a noun. */
export const extrasOf = (wire: Json | undefined): { readonly [name: string]: Json } =>
  isObject(wire) && isObject(wire.billed_units) ? { billed_units: wire.billed_units } : {}

export const planSeal = (maker: string): Sealed => ({ dialect: dialectId, maker, value: planMark })

/**
 * The sources of a citation, each as one of ours; the first carries the citation as Cohere told it. `said` is the text
 * that it is about, as far as it is known.
 */
export function citationsOf(wire: JsonObject, said: string, maker: string): readonly Citation[] {
  const sources = Array.isArray(wire.sources) ? wire.sources.filter(isObject) : []
  const place = offsets(wire, said)
  const seal: Sealed = { dialect: dialectId, maker, value: JSON.stringify(wire) }
  const [first = {}, ...others] = sources
  return [{ ...sourceOf(first), ...place, seal }, ...others.map(source => ({ ...sourceOf(source), ...place }))]
}

function sourceOf({ id, document }: JsonObject): Citation {
  const { url, title, text: quoted } = isObject(document) ? document : {}
  const place = typeof id === 'string' ? placeOf(id) : undefined
  return {
    ...(typeof url === 'string' ? { url } : {}),
    ...(typeof title === 'string' ? { title } : {}),
    ...(typeof quoted === 'string' ? { quoted } : {}),
    ...(place === undefined ? {} : { document: place }),
  }
}

/** Cohere counts characters; ours are units of UTF-16. Whatever it counts, the cited words must stand there. */
function offsets({ start, end, text }: JsonObject, said: string): Pick<Citation, 'start' | 'end'> {
  if (typeof start !== 'number' || typeof end !== 'number') return {}
  if (said.slice(start, end) === text) return { start, end }
  const characters = Array.from(said)
  const from = characters.slice(0, start).join('').length
  const cited = characters.slice(start, end).join('')
  return cited === text ? { start: from, end: from + cited.length } : {}
}

/** Tokens come in chunks of text, mostly one by one; the probability of a chunk is that of all its tokens. */
export function logprobsOf(items: readonly Json[]): readonly TokenLogprob[] {
  return items.flatMap(item => {
    if (!isObject(item) || !Array.isArray(item.logprobs)) return []
    const logprob = item.logprobs.reduce<number>((sum, each) => sum + Number(each), 0)
    return [{ token: typeof item.text === 'string' ? item.text : '', logprob, top: [] }]
  })
}
