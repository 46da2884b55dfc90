import type { StopReason } from '../../model/delta.ts'
import type { Json } from '../../model/json.ts'

const reasons: ReadonlyMap<string, StopReason> = new Map([
  ['COMPLETE', 'end'],
  ['STOP_SEQUENCE', 'sequence'],
  ['MAX_TOKENS', 'length'],
  ['TOOL_CALL', 'tools'],
  ['ERROR_LIMIT', 'context'],
  ['ERROR_TOXIC', 'filtered'],
])

export const readStop = (raw: Json | undefined): { readonly reason: StopReason; readonly raw: string } | undefined =>
  typeof raw === 'string' ? { reason: reasons.get(raw) ?? 'other', raw } : undefined
