import type { JsonObject } from '../../model/json.ts'
import { objectIn } from '../../model/json.ts'
import type { Part, ReasoningPart, TextPart, ToolCallPart, ToolResultPart } from '../../model/part.ts'
import { argumentsIn } from '../arguments.ts'
import { writeCache } from './cache.ts'
import { ownCitation } from './citations.ts'
import { writeMedia } from './compose-media.ts'
import { redactedData } from './seals.ts'
import type { Telling } from './telling.ts'

/** A part of a request as content blocks: none where it says nothing, or has no place and is told as lost. */
export function writePart(part: Part, role: 'user' | 'assistant' | 'system', telling: Telling): readonly JsonObject[] {
  switch (part.type) {
    case 'text':
      return writeText(part, telling)
    case 'refusal':
      return isBlank(part.text) ? [] : [{ type: 'text', text: part.text, ...writeCache(part.cache) }]
    case 'media':
      return role === 'user' ? writeMedia(part, telling) : leaveOut(part, telling)
    case 'reasoning':
      return role === 'assistant' ? writeReasoning(part, telling) : leaveOut(part, telling)
    case 'tool-call':
      return [writeCall(part, telling)]
    case 'tool-result':
      return [writeResult(part, telling)]
    case 'opaque': {
      const block = objectIn(telling.open(part.seal) ?? '')
      return block ? [block] : leaveOut(part, telling)
    }
    default:
      return part satisfies never
  }
}

function leaveOut(part: Part, { lose }: Telling): readonly JsonObject[] {
  lose(part.at ?? part.type)
  return []
}

/** It says nothing, and is refused there: "text content blocks must contain non-whitespace text". */
const isBlank = (text: string): boolean => text.trim() === ''

function writeText(part: TextPart, telling: Telling): readonly JsonObject[] {
  const { text, citations = [], cache, at, seal } = part
  if (seal) telling.lose(at ?? 'text')
  if (isBlank(text)) return []
  const cited = citations.map(citation => ownCitation(citation, telling.open))
  const known = cited.filter(citation => citation !== undefined)
  // A citation points into what the model itself was shown: another's would be refused.
  if (known.length < cited.length) telling.lose(`${at ?? 'text'}.citations`)
  return [{ type: 'text', text, ...(known.length > 0 ? { citations: known } : {}), ...writeCache(cache) }]
}

/** Thoughts are taken back only with the signature that the same model gave them. */
function writeReasoning(part: ReasoningPart, telling: Telling): readonly JsonObject[] {
  const value = telling.open(part.seal)
  if (value === undefined) return leaveOut(part, telling)
  const data = redactedData(value)
  if (data !== undefined) return [{ type: 'redacted_thinking', data }]
  return [{ type: 'thinking', thinking: part.text, signature: value }]
}

function writeCall(part: ToolCallPart, telling: Telling): JsonObject {
  const { id, name, input, custom, cache, seal } = part
  const caller = objectIn(telling.open(seal) ?? '')?.caller
  if (seal && caller === undefined) telling.lose(part.at ?? 'tool-call')
  return {
    type: 'tool_use',
    id: telling.calls.called(id),
    name,
    input: custom ? { input } : writeInput(part, telling),
    ...(caller === undefined ? {} : { caller }),
    ...writeCache(cache),
  }
}

/** The input has to be an object here; a model may have written something else. */
function writeInput({ input, at }: ToolCallPart, { lose }: Telling): JsonObject {
  const object = argumentsIn(input)
  if (object) return object
  lose(at ?? 'tool-call')
  return { invalid_json: input }
}

function writeResult({ call, parts, failed, cache }: ToolResultPart, telling: Telling): JsonObject {
  const content = parts.flatMap(part => writePart(part, 'user', telling))
  return {
    type: 'tool_result',
    tool_use_id: telling.calls.answered(call),
    ...(content.length > 0 ? { content } : {}),
    ...(failed ? { is_error: true } : {}),
    ...writeCache(cache),
  }
}
