import { isObject, type Json } from '../../model/json.ts'
import type { Usage } from '../../model/usage.ts'
import { count } from '../told.ts'

/**
 * From `tokens`, which count what the model read and wrote, cached tokens among them. `billed_units` leave out the
 * instructions that Cohere puts before every prompt, and are told beside. Images are counted apart from the input, and
 * thoughts within the output.
 */
export function readUsage(wire: Json | undefined): Usage | undefined {
  if (!isObject(wire) || !isObject(wire.tokens)) return undefined
  const { tokens } = wire
  const input = (count(tokens.input_tokens) ?? 0) + (count(tokens.image_tokens) ?? 0)
  const output = count(tokens.output_tokens) ?? 0
  const cacheRead = Math.min(count(wire.cached_tokens) ?? 0, input)
  const reasoning = Math.min(count(tokens.reasoning_tokens) ?? 0, output)
  return { input: input - cacheRead, cacheRead, cacheWrite: 0, output: output - reasoning, reasoning }
}
