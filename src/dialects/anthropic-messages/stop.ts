import type { StopReason } from '../../model/delta.ts'

/** Anthropic's stop reasons (platform.claude.com/docs/en/build-with-claude/handling-stop-reasons), as ours. */
const reasons: ReadonlyMap<string, StopReason> = new Map([
  ['end_turn', 'end'],
  ['max_tokens', 'length'],
  ['stop_sequence', 'sequence'],
  ['tool_use', 'tools'],
  ['pause_turn', 'paused'],
  ['compaction', 'paused'],
  ['refusal', 'refused'],
  ['model_context_window_exceeded', 'context'],
])

/** Ours as Anthropic's, where there are several, or none that says the same. */
const wireReasons: Readonly<Record<StopReason, string>> = {
  end: 'end_turn',
  length: 'max_tokens',
  sequence: 'stop_sequence',
  tools: 'tool_use',
  paused: 'pause_turn',
  refused: 'refusal',
  filtered: 'refusal',
  context: 'model_context_window_exceeded',
  malformed: 'end_turn',
  other: 'end_turn',
}

export const readStop = (wire: string): StopReason => reasons.get(wire) ?? 'other'

type Stop = { readonly reason: StopReason; readonly raw?: string | undefined }

/**
 * Why a reply stopped, in Anthropic's word. Some providers say that a reply which calls tools has simply ended: clients
 * here run the tools only if they are told `tool_use`.
 */
export function writeStop({ reason, raw }: Stop, callsTools: boolean): string {
  if (raw !== undefined && reasons.get(raw) === reason) return raw
  return reason === 'end' && callsTools ? 'tool_use' : wireReasons[reason]
}
