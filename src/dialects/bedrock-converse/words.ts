import type { StopReason } from '../../model/delta.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import type { Citation } from '../../model/part.ts'
import type { Usage } from '../../model/usage.ts'
import { dialectId } from './dialect-id.ts'

/** What whole replies and streams have in common: reasons to stop, usage, citations, facts without a noun. */

const reasons: Readonly<Record<string, StopReason>> = {
  end_turn: 'end',
  tool_use: 'tools',
  max_tokens: 'length',
  stop_sequence: 'sequence',
  model_context_window_exceeded: 'context',
  guardrail_intervened: 'filtered',
  content_filtered: 'filtered',
  refusal: 'refused',
  pause_turn: 'paused',
  malformed_model_output: 'malformed',
  malformed_tool_use: 'malformed',
}

type Stop = { readonly reason: StopReason; readonly raw?: string; readonly sequence?: string }

/** Claude names the sequence at which it stopped, if asked, in a field of its own. */
export function stopOf(raw: Json | undefined, additional: Json | undefined): Stop | undefined {
  if (typeof raw !== 'string') return undefined
  const delta = isObject(additional) && isObject(additional.delta) ? additional.delta : additional
  const sequence = isObject(delta) ? delta.stop_sequence : undefined
  return { reason: reasons[raw] ?? 'other', raw, ...(typeof sequence === 'string' ? { sequence } : {}) }
}

/** `inputTokens` are those that no cache knew; thoughts are counted among the output. */
export function usageOf(wire: Json | undefined): Usage | undefined {
  if (!isObject(wire)) return undefined
  const input = count(wire.inputTokens)
  const output = count(wire.outputTokens)
  if (input === undefined && output === undefined) return undefined
  return {
    input: input ?? 0,
    cacheRead: count(wire.cacheReadInputTokens) ?? 0,
    cacheWrite: count(wire.cacheWriteInputTokens) ?? 0,
    output: output ?? 0,
    reasoning: 0,
  }
}

function count(value: Json | undefined): number | undefined {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) && number >= 0 ? Math.round(number) : undefined
}

export const tierOf = (wire: Json | undefined): string | undefined =>
  isObject(wire) && typeof wire.type === 'string' ? wire.type : undefined

/** The fields of a reply that have no noun. */
export function extrasOf(reply: JsonObject): { readonly [name: string]: Json } {
  const names = ['metrics', 'trace', 'additionalModelResponseFields', 'performanceConfig']
  return Object.fromEntries(
    names.flatMap((name): [string, Json][] => (isSaid(reply[name]) ? [[name, reply[name]]] : [])),
  )
}

const isSaid = (value: Json | undefined): value is Json => value !== undefined && value !== null

/** Where a text comes from. The places that Converse tells are in the source, not in the text. */
export function citationOf(wire: JsonObject, maker: string): Citation {
  const location = isObject(wire.location) ? Object.values(wire.location).find(isObject) : undefined
  const url = [location?.url, wire.source].find(isUrl)
  const quoted = quotedIn(wire.sourceContent)
  return {
    ...(url === undefined ? {} : { url }),
    ...(typeof wire.title === 'string' ? { title: wire.title } : {}),
    ...(quoted === '' ? {} : { quoted }),
    ...(typeof location?.documentIndex === 'number' ? { document: location.documentIndex } : {}),
    seal: { dialect: dialectId, maker, value: JSON.stringify(wire) },
  }
}

const isUrl = (value: Json | undefined): value is string => typeof value === 'string' && /^https?:\/\//.test(value)

const quotedIn = (content: Json | undefined): string =>
  Array.isArray(content)
    ? content.map(each => (isObject(each) && typeof each.text === 'string' ? each.text : '')).join('')
    : ''
