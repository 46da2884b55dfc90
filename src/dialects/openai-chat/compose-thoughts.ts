import type { JsonObject } from '../../model/json.ts'
import type { ReasoningPart } from '../../model/part.ts'
import { lose, type Telling } from './telling.ts'
import { nativeDetail, writeWords } from './thoughts.ts'

/** Thoughts of an earlier turn, as fields of its message or as parts of its content. */
export type Thoughts = { readonly fields: JsonObject; readonly parts: readonly JsonObject[] }

const none: Thoughts = { fields: {}, parts: [] }

/** They go back to whoever made them, and in words to whoever takes those. */
export function writeThoughts(thoughts: readonly ReasoningPart[], telling: Telling): Thoughts {
  const own = thoughts.map(part => ownDetail(part, telling))
  if (own.every(detail => detail === undefined)) return inWords(thoughts.filter(isWorded), telling)
  const details = thoughts.map((part, n) => own[n] ?? (isWorded(part) ? plainDetail(part, n) : undefined))
  return { fields: { reasoning_details: details.filter(detail => detail !== undefined) }, parts: [] }
}

const isWorded = ({ text }: ReasoningPart): boolean => text !== ''

/** As this provider wrote it; what another has sealed is lost, but for its words. */
function ownDetail(part: ReasoningPart, telling: Telling): JsonObject | undefined {
  const value = telling.opened(part.seal)
  const detail = value === undefined ? undefined : nativeDetail(value, part.text)
  if (part.seal && detail === undefined) lose(telling, part, isWorded(part) ? 'signature' : undefined)
  return detail
}

const plainDetail = ({ text, summary }: ReasoningPart, index: number): JsonObject => ({
  ...writeWords(text, summary === true, index),
  format: 'unknown',
})

function inWords(thoughts: readonly ReasoningPart[], telling: Telling): Thoughts {
  if (thoughts.length === 0) return none
  const text = thoughts.map(part => part.text).join('')
  switch (telling.quirks.thoughtsIn) {
    case 'reasoning_content':
      return { fields: { reasoning_content: text }, parts: [] }
    case 'reasoning':
    case 'reasoning_details':
      return { fields: { reasoning: text }, parts: [] }
    case 'thinking':
      return { fields: {}, parts: [{ type: 'thinking', thinking: [{ type: 'text', text }] }] }
    case undefined:
      for (const part of thoughts) lose(telling, part)
      return none
    default:
      return telling.quirks.thoughtsIn satisfies never
  }
}
