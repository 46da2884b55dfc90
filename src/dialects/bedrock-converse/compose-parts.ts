import type { JsonObject } from '../../model/json.ts'
import { isObject, objectIn } from '../../model/json.ts'
import type {
  CacheMark,
  Citation,
  MediaPart,
  Part,
  ReasoningPart,
  TextPart,
  ToolCallPart,
  ToolResultPart,
} from '../../model/part.ts'
import { opened, type Sealed } from '../../model/sealed.ts'
import { argumentsIn } from '../arguments.ts'
import type { CallIds } from '../call-ids.ts'
import { dialectId } from './id.ts'
import { mediaBlock } from './media.ts'
import { redactedData } from './seals.ts'
import type { Vendor } from './vendor.ts'

/** What the telling of one request remembers: whom it is for, what was lost, which names and ids were given. */
export type Telling = {
  /** The target as `provider/model`. */
  readonly maker: string
  readonly vendor: Vendor
  readonly lose: (name: string) => void
  readonly documentName: (title: string | undefined) => string
  readonly calls: CallIds
}

/** The blocks that a part of a message becomes: none if it says nothing here, two if a cache mark follows it. */
export function blocksOf(part: Part, role: 'user' | 'assistant', telling: Telling): readonly JsonObject[] {
  const block = blockOf(part, role, telling)
  const mark = cachePoint(markOf(part), part, telling)
  return [block, mark].filter(each => each !== undefined)
}

function blockOf(part: Part, role: 'user' | 'assistant', telling: Telling): JsonObject | undefined {
  switch (part.type) {
    case 'text':
      return textBlock(part, telling)
    case 'refusal':
      return plainText(part.text)
    case 'media':
      return role === 'user' ? mediaOf(part, telling) : lost(part, telling)
    case 'reasoning':
      return thoughtBlock(part, telling)
    case 'tool-call':
      return callBlock(part, telling)
    case 'tool-result':
      return resultBlock(part, telling)
    case 'opaque':
      return sealedBlock(part.seal, telling) ?? lost(part, telling)
    default:
      return part satisfies never
  }
}

const placeOf = (part: Part): string => part.at ?? part.type

function lost(part: Part, { lose }: Telling): undefined {
  lose(placeOf(part))
}

/** Bedrock refuses blank texts, which say nothing anyway. */
const plainText = (text: string): JsonObject | undefined => (text.trim() === '' ? undefined : { text })

function textBlock(part: TextPart, telling: Telling): JsonObject | undefined {
  sealIsLost(part, telling)
  const citations = (part.citations ?? []).map(citation => citationOf(citation, telling)).filter(isObject)
  if (citations.length < (part.citations?.length ?? 0)) telling.lose(`${placeOf(part)}.citations`)
  if (citations.length === 0) return plainText(part.text)
  return { citationsContent: { content: [{ text: part.text }], citations } }
}

const citationOf = ({ seal }: Citation, telling: Telling): JsonObject | undefined => seal && sealedBlock(seal, telling)

/** A seal on something that is told without it. */
function sealIsLost(part: TextPart | MediaPart | ToolCallPart, { maker, lose }: Telling): void {
  if (part.seal && opened(part.seal, dialectId, maker) === undefined) lose(placeOf(part))
}

function mediaOf(part: MediaPart, telling: Telling): JsonObject {
  sealIsLost(part, telling)
  if (part.detail !== undefined && part.detail !== 'auto') telling.lose(`${placeOf(part)}.detail`)
  return mediaBlock(part, telling.documentName)
}

/** Thoughts are handed back only with the signature of the model that they go to. */
function thoughtBlock(part: ReasoningPart, telling: Telling): JsonObject | undefined {
  const value = opened(part.seal, dialectId, telling.maker)
  const redacted = value === undefined ? undefined : redactedData(value)
  if (redacted !== undefined) return { reasoningContent: { redactedContent: redacted } }
  if (value !== undefined) return { reasoningContent: { reasoningText: { text: part.text, signature: value } } }
  return part.text === '' && part.seal === undefined ? undefined : lost(part, telling)
}

function callBlock(part: ToolCallPart, telling: Telling): JsonObject {
  sealIsLost(part, telling)
  const input = part.custom ? { input: part.input } : inputOf(part, telling)
  return { toolUse: { toolUseId: telling.calls.called(part.id), name: part.name, input } }
}

/** The input has to be an object here; a model may have written something else. */
function inputOf(part: ToolCallPart, telling: Telling): JsonObject {
  const object = argumentsIn(part.input)
  if (object) return object
  lost(part, telling)
  return { invalid_json: part.input }
}

/** Only a failure is told: some models take no status, and all take its absence for success. */
function resultBlock(part: ToolResultPart, telling: Telling): JsonObject {
  const content = part.parts.map(each => resultContent(each, telling)).filter(isObject)
  return {
    toolResult: {
      toolUseId: telling.calls.answered(part.call),
      content,
      ...(part.failed === true ? { status: 'error' } : {}),
    },
  }
}

function resultContent(part: Part, telling: Telling): JsonObject | undefined {
  switch (part.type) {
    case 'text':
    case 'refusal':
      return plainText(part.text)
    case 'media':
      return part.kind === 'audio' ? lost(part, telling) : mediaOf(part, telling)
    case 'opaque':
      return sealedBlock(part.seal, telling) ?? lost(part, telling)
    case 'reasoning':
    case 'tool-call':
    case 'tool-result':
      return lost(part, telling)
    default:
      return part satisfies never
  }
}

/** What Bedrock once made, as it made it. */
function sealedBlock(seal: Sealed, { maker }: Telling): JsonObject | undefined {
  return objectIn(opened(seal, dialectId, maker) ?? '')
}

/** A mark within a tool's result stands behind the whole of it here. */
const markOf = (part: Part): CacheMark | undefined =>
  part.cache ?? (part.type === 'tool-result' ? part.parts.findLast(({ cache }) => cache)?.cache : undefined)

/** Five minutes are what a mark means by itself; only newer models know another time. */
export function cachePoint(
  mark: CacheMark | undefined,
  place: { readonly at?: string | undefined },
  { vendor, lose }: Telling,
): JsonObject | undefined {
  if (!mark) return undefined
  if (vendor.caches) return { cachePoint: { type: 'default', ...(mark.ttl === '1h' ? { ttl: '1h' } : {}) } }
  lose(place.at === undefined ? 'cache_control' : `${place.at}.cache_control`)
  return undefined
}
