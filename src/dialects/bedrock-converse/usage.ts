import { isObject, type Json } from '../../model/json.ts'
import type { Usage } from '../../model/usage.ts'
import { count } from '../told.ts'

/** `inputTokens` are those that no cache knew; thoughts are counted among the output. */
export function readUsage(wire: Json | undefined): Usage | undefined {
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

/** The tier that answered. */
export const readTier = (wire: Json | undefined): string | undefined =>
  isObject(wire) && typeof wire.type === 'string' ? wire.type : undefined
