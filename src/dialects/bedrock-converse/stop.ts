import type { StopReason } from '../../model/delta.ts'
import { isObject, type Json } from '../../model/json.ts'

const reasons: ReadonlyMap<string, StopReason> = new Map([
  ['end_turn', 'end'],
  ['tool_use', 'tools'],
  ['max_tokens', 'length'],
  ['stop_sequence', 'sequence'],
  ['model_context_window_exceeded', 'context'],
  ['guardrail_intervened', 'filtered'],
  ['content_filtered', 'filtered'],
  ['refusal', 'refused'],
  ['pause_turn', 'paused'],
  ['malformed_model_output', 'malformed'],
  ['malformed_tool_use', 'malformed'],
])

type Stop = { readonly reason: StopReason; readonly raw?: string; readonly sequence?: string }

/** Claude names the sequence at which it stopped, if asked, in a field of its own. */
export function readStop(raw: Json | undefined, additional: Json | undefined): Stop | undefined {
  if (typeof raw !== 'string') return undefined
  const delta = isObject(additional) && isObject(additional.delta) ? additional.delta : additional
  const sequence = isObject(delta) ? delta.stop_sequence : undefined
  return { reason: reasons.get(raw) ?? 'other', raw, ...(typeof sequence === 'string' ? { sequence } : {}) }
}
