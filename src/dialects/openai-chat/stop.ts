import type { StopReason } from '../../model/delta.ts'
import type { Json } from '../../model/json.ts'
import type { CallForm } from './call-form.ts'

/** Why a model stopped, in the words of OpenAI and of those who speak its API. */
const reasons: ReadonlyMap<string, StopReason> = new Map<string, StopReason>([
  ['stop', 'end'],
  ['eos', 'end'],
  ['end_turn', 'end'],
  ['stop_sequence', 'sequence'],
  ['length', 'length'],
  ['max_tokens', 'length'],
  ['model_length', 'context'],
  ['model_context_window_exceeded', 'context'],
  ['tool_calls', 'tools'],
  ['function_call', 'tools'],
  ['tool_use', 'tools'],
  ['content_filter', 'filtered'],
  ['sensitive', 'filtered'],
  ['safety', 'filtered'],
  ['recitation', 'filtered'],
  ['refusal', 'refused'],
  ['pause_turn', 'paused'],
  ['malformed_function_call', 'malformed'],
])

/** What else the choice tells: some say `stop` whatever the reason. */
export type StopSigns = { readonly calls: boolean; readonly refusal: boolean; readonly matched: unknown }

export type Stopped = { readonly reason: StopReason; readonly raw: string; readonly sequence?: string }

export function readStop(raw: string, { calls, refusal, matched }: StopSigns): Stopped {
  const reason = reasons.get(raw.toLowerCase()) ?? 'other'
  if (reason !== 'end') return { reason, raw }
  if (calls) return { reason: 'tools', raw }
  if (refusal) return { reason: 'refused', raw }
  // vLLM tells which sequence it was; for a token of the model's own it gives a number.
  return typeof matched === 'string' && matched !== ''
    ? { reason: 'sequence', raw, sequence: matched }
    : { reason, raw }
}

/** The provider broke off: these are no reasons of the model's. */
export const isBroken = (raw: Json | undefined): boolean => raw === 'error' || raw === 'network_error'

type WireReason = 'stop' | 'length' | 'tool_calls' | 'function_call' | 'content_filter'

const wire: Readonly<Record<StopReason, WireReason>> = {
  end: 'stop',
  sequence: 'stop',
  length: 'length',
  context: 'length',
  tools: 'tool_calls',
  refused: 'content_filter',
  filtered: 'content_filter',
  paused: 'stop',
  malformed: 'stop',
  other: 'stop',
}

/** For a caller. A refusal in words is the model's whole answer, and stops like one; calls have to be there. */
export function writeStop(
  reason: StopReason,
  { refusal, calls }: Pick<StopSigns, 'refusal' | 'calls'>,
  form: CallForm,
): WireReason {
  const idle = (reason === 'refused' && refusal) || (reason === 'tools' && !calls)
  if (idle) return 'stop'
  return reason === 'tools' && form === 'function' ? 'function_call' : wire[reason]
}
